import { Network } from "../../../../components/network";
import { ciliumPolicies, policies } from "../../../../components/network/policies";
import { deploy, threeMailboxes } from "../../../support/deploy";
import { settled, startRecording } from "../../../support/recorder";
import { sampleConfig, sampleMailbox, sampleSource } from "../../../support/sample";

const args = {
  provider: sampleConfig().provider,
  ingressNamespace: "ingress-nginx",
  metricsNamespace: "observability",
  relayNamespaces: [] as string[],
};

// biome-ignore lint/suspicious/noExplicitAny: a policy's rules, read as plain data
const plain = (spec: unknown): any => JSON.parse(JSON.stringify(spec));
const portsOf = (rule: { ports?: { port: number }[] }): number[] => (rule.ports ?? []).map((p) => p.port);
const fromAnywhere = (policy: { ingress?: { from?: unknown[]; ports?: { port: number }[] }[] }): number[] =>
  (policy.ingress ?? []).filter((rule) => !rule.from).flatMap(portsOf);

describe("network policies", () => {
  it("a default network policy closes everything in the namespace", () => {
    expect(policies(args)["default-deny"]).toEqual({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
  });

  it("network policies let users reach the mail ports and nothing else", () => {
    const all = plain(policies(args));
    expect(fromAnywhere(all.stalwart).sort()).toEqual([4190, 465, 587, 993]);
    for (const name of ["default-deny", "stalwart-settings", "fetchmail", "roundcube", "acme-solver"]) {
      expect(fromAnywhere(all[name])).toEqual([]);
    }
  });

  it("network policies open port 25 to every namespace, or to the configured ones only", () => {
    const relay = (relayNamespaces: string[]) =>
      plain(policies({ ...args, relayNamespaces })).stalwart.ingress.filter(
        (rule: { ports: { port: number }[]; from?: { namespaceSelector?: unknown }[] }) =>
          portsOf(rule).includes(25) && rule.from?.some((peer) => peer.namespaceSelector),
      );
    expect(relay([])[0].from).toEqual([{ namespaceSelector: {} }]);
    expect(relay(["apps", "monitoring"])[0].from).toEqual([
      { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "apps" } } },
      { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } },
    ]);
  });

  it("the stack passes the namespaces that may relay to the network policies", async () => {
    const { recorder } = await deploy({ ...threeMailboxes, cluster: { relayNamespaces: ["apps"] } });
    const { ingress } = recorder.object("NetworkPolicy", "stalwart").inputs.spec;
    expect(ingress[1]).toEqual(plain(policies({ ...args, relayNamespaces: ["apps"] })).stalwart.ingress[1]);
    expect(recorder.kind("NetworkPolicy").map(({ name }) => name)).not.toContain("metrics"); // nobody monitors it
  });

  it("network policies let fetchers reach the provider's IMAP and the mail server's port 25, and not the identity provider", () => {
    const { egress } = plain(policies(args)).fetchmail;
    expect(egress.flatMap(portsOf).sort((a: number, b: number) => a - b)).toEqual([25, 53, 53, 993, 2525]);
  });

  it("network policies let a mailbox's fetcher reach the ports of its sources, and no other fetcher", () => {
    const at = (name: string, port: number) => sampleSource(name, { imap: { host: "imap.example.net", port } });
    const mailboxes = [
      sampleMailbox("alpar"),
      sampleMailbox("kinga", { sources: [at("a", 1993), at("b", 993), at("c", 1993)] }),
    ];
    const { "fetchmail-kinga": own, ...rest } = policies({ ...args, mailboxes });
    expect(rest).toEqual(policies(args));
    expect(plain(own)).toEqual({
      podSelector: {
        matchLabels: { "app.kubernetes.io/name": "fetchmail", "app.kubernetes.io/instance": "fetchmail-kinga" },
      },
      policyTypes: ["Egress"],
      egress: [
        {
          ports: [
            { protocol: "TCP", port: 993 },
            { protocol: "TCP", port: 1993 },
          ],
        },
      ],
    });
  });

  it("monitoring adds network policies and changes none", () => {
    const { metrics, heartbeat, ...rest } = policies({ ...args, serverMetrics: true, heartbeatPort: 443 });
    expect(rest).toEqual(policies(args));
    expect(plain(metrics)).toMatchObject({ policyTypes: ["Ingress"], ingress: [{ ports: [{ port: 8080 }] }] });
    expect(plain(heartbeat)).toMatchObject({
      policyTypes: ["Egress"],
      egress: [{ ports: [{ port: 443 }, { port: 8443 }] }],
    });
  });

  it("network policies let only Prometheus' namespace read the metrics of the fetchers and of the mail server", async () => {
    const allowed = (name: string, port: number): object[] => [
      {
        from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } }],
        ports: [{ protocol: "TCP", port }],
      },
    ];
    expect(plain(policies(args)).fetchmail.ingress).toEqual(allowed("observability", 8081));
    expect(plain(policies({ ...args, serverMetrics: true })).metrics.ingress).toEqual(allowed("observability", 8080));
    const { recorder } = await deploy({ ...threeMailboxes, monitoring: { enabled: true, namespace: "prometheus" } });
    const ingressOf = (name: string) => recorder.object("NetworkPolicy", name).inputs.spec.ingress;
    expect(ingressOf("fetchmail")).toEqual(allowed("prometheus", 8081));
    expect(ingressOf("metrics")).toEqual(allowed("prometheus", 8080));
  });

  it("network policies open the configured ports of the provider", () => {
    const odd = { imap: { host: "imap.example.org", port: 1993 }, smtp: { host: "smtp.example.org", port: 1465 } };
    const all = plain(policies({ ...args, provider: odd }));
    expect(all.fetchmail.egress.flatMap(portsOf)).toContain(1993);
    expect(all.stalwart.egress.flatMap(portsOf)).toContain(1465);
  });

  it("network policies open the web admin only to the ingress controller and the settings Job", () => {
    const rules = plain(policies(args)).stalwart.ingress.filter((rule: { ports: { port: number }[] }) =>
      portsOf(rule).includes(8080),
    );
    expect(rules).toHaveLength(1);
    expect(rules[0].from).toEqual([
      { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "ingress-nginx" } } },
      { podSelector: { matchLabels: { "app.kubernetes.io/name": "stalwart-settings" } } },
    ]);
  });

  it("each network policy is one object in the stack's namespace", async () => {
    const recorder = await startRecording();
    new Network("network", { ...args, namespace: "family-mail" });
    await settled();
    const made = recorder.kind("NetworkPolicy").map((r) => `${r.inputs.metadata.namespace}/${r.inputs.metadata.name}`);
    expect(new Set(made)).toEqual(new Set(Object.keys(policies(args)).map((name) => `family-mail/${name}`)));
  });

  it("network policies let cert-manager answer its challenges", () => {
    expect(plain(policies(args))["acme-solver"]).toMatchObject({
      podSelector: { matchLabels: { "acme.cert-manager.io/http01-solver": "true" } },
      ingress: [{ ports: [{ port: 8089 }] }],
    });
  });

  it("network policies let the servers reach the issuer behind the controller's pods, whatever their port for https", () => {
    const egress = (ingressPort?: number): number[] =>
      plain(policies({ ...args, ...(ingressPort && { ingressPort }) }))
        .roundcube.egress.at(-1)
        .ports.map((p: { port: number }) => p.port);
    expect(egress()).toEqual([443, 8443]);
    expect(egress(8443)).toEqual([443, 8443]);
    expect(egress(10443)).toEqual([443, 8443, 10443]);
  });

  it("network policies open the port in the issuer's address to the pods that connect to it, and to no other", () => {
    const before = plain(policies(args));
    const after = plain(policies({ ...args, issuerPort: 9443 }));
    const opened = Object.keys(after).filter((name) => JSON.stringify(after[name]) !== JSON.stringify(before[name]));
    expect(opened.sort()).toEqual(["roundcube", "stalwart"]);
    for (const name of opened) expect(after[name].egress.flatMap(portsOf)).toContain(9443);
  });

  it("the stack passes the port in the issuer's address to the network policies", async () => {
    const { recorder } = await deploy({ ...threeMailboxes, identity: { issuer: "https://auth.newjoy.ro:9443" } });
    for (const name of ["roundcube", "stalwart"]) {
      expect(recorder.object("NetworkPolicy", name).inputs.spec.egress.flatMap(portsOf)).toContain(9443);
    }
  });

  it("network policies name Cilium's own ingress, which is in no namespace", async () => {
    expect(ciliumPolicies({ controller: "traefik" })).toEqual({});
    const { stalwart, roundcube, "acme-solver": solver } = plain(ciliumPolicies({ controller: "cilium" }));
    expect([stalwart, roundcube, solver].map(({ endpointSelector }) => endpointSelector.matchLabels)).toEqual([
      { "app.kubernetes.io/name": "stalwart", "app.kubernetes.io/instance": "stalwart" },
      { "app.kubernetes.io/name": "roundcube", "app.kubernetes.io/instance": "roundcube" },
      { "acme.cert-manager.io/http01-solver": "true" },
    ]);
    const recorder = await startRecording();
    new Network("network", { ...args, namespace: "family-mail", controller: "cilium" });
    await settled();
    const made = recorder
      .kind("CiliumNetworkPolicy")
      .map(({ inputs: { metadata, spec } }) => [
        `${metadata.namespace}/${metadata.name}`,
        ...spec.ingress.flatMap((rule: { fromEntities: string[]; toPorts: { ports: { port: string }[] }[] }) => [
          rule.fromEntities.join(),
          rule.toPorts.flatMap(({ ports }) => ports.map(({ port }) => port)).join(),
        ]),
      ]);
    expect(made.sort()).toEqual([
      ["family-mail/acme-solver", "ingress", "8089"],
      ["family-mail/roundcube", "ingress", "8000"],
      ["family-mail/stalwart", "ingress", "8080"],
    ]);
  });
});
