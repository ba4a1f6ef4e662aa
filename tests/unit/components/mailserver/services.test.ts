import { resolved } from "../../../support/recorder";
import { sampleConfig } from "../../../support/sample";
import { type Deployed, deploy, deployment } from "./deployed";

let sample: Deployed;
beforeAll(async () => {
  sample = await deploy();
});

describe("the public Service", () => {
  const publicService = (deployed: Deployed) => deployed.recorder.object("Service", "stalwart-mail").inputs;
  const numbers = (spec: { ports: { port: number }[] }): number[] =>
    spec.ports.map(({ port }) => port).sort((a, b) => a - b);

  it.each(["LoadBalancer", "NodePort", "ClusterIP"] as const)(
    "the public Service has the configured type, and never port 25, 2525 or 8080 (%s)",
    async (type) => {
      const { spec } = publicService(await deploy({ service: { type, annotations: {}, sourceRanges: [] } }));
      expect(spec.type).toBe(type);
      expect(numbers(spec)).toEqual([465, 587, 993, 4190]);
    },
  );

  it("the public Service passes the clients' addresses to the server", () => {
    expect(publicService(sample).spec.externalTrafficPolicy).toBe("Local");
  });

  it("the public Service has the configured address, annotations and allowed networks", async () => {
    const deployed = await deploy({
      service: {
        type: "LoadBalancer",
        annotations: { "metallb.io/address-pool": "home" },
        address: "192.168.1.25",
        sourceRanges: ["192.168.0.0/16"],
      },
    });
    expect(publicService(deployed).metadata.annotations).toMatchObject({ "metallb.io/address-pool": "home" });
    expect(publicService(deployed).spec).toMatchObject({
      loadBalancerIP: "192.168.1.25",
      loadBalancerSourceRanges: ["192.168.0.0/16"],
    });
  });

  it("the public Service has only fields that the API server accepts for its type", async () => {
    const service = { annotations: {}, address: "192.168.1.25", sourceRanges: ["192.168.0.0/16"] };
    const node = publicService(await deploy({ service: { ...service, type: "NodePort" } })).spec;
    const inside = publicService(await deploy({ service: { ...service, type: "ClusterIP" } })).spec;
    for (const spec of [node, inside]) {
      expect(spec).not.toHaveProperty("loadBalancerIP");
      expect(spec).not.toHaveProperty("loadBalancerSourceRanges");
    }
    expect(inside).not.toHaveProperty("externalTrafficPolicy");
  });

  it("an update does not hang when no load balancer or ingress controller answers for the public Service", () => {
    for (const [kind, name] of [
      ["Service", "stalwart"],
      ["Service", "stalwart-mail"],
      ["Ingress", "stalwart"],
    ] as const) {
      expect(sample.recorder.object(kind, name).inputs.metadata.annotations["pulumi.com/skipAwait"]).toBe("true");
    }
  });

  it("web admin and JMAP are served under the mail host, over TLS", () => {
    const { spec } = sample.recorder.object("Ingress", "stalwart").inputs;
    expect(spec).toMatchObject({
      ingressClassName: "nginx",
      tls: [{ hosts: ["mail.newjoy.ro"], secretName: "stalwart-tls" }],
      rules: [
        {
          host: "mail.newjoy.ro",
          http: { paths: [{ path: "/", backend: { service: { name: "stalwart", port: { number: 8080 } } } }] },
        },
      ],
    });
  });

  it("the autoconfig host answers autoconfiguration and nothing else", async () => {
    const deployed = await deploy({
      hosts: { mail: "mail.newjoy.ro", webmail: "w", autoconfig: "autoconfig.newjoy.ro" },
    });
    const { spec } = deployed.recorder.object("Ingress", "stalwart").inputs;
    const rule = spec.rules.find((r: { host: string }) => r.host === "autoconfig.newjoy.ro");
    expect(rule.http.paths.map((p: { path: string; pathType: string }) => [p.path, p.pathType])).toEqual([
      ["/mail/config-v1.1.xml", "Exact"],
      ["/.well-known/autoconfig/mail/config-v1.1.xml", "Exact"],
    ]);
    expect(spec.tls[0].hosts).toContain("autoconfig.newjoy.ro");
    expect(deployed.recorder.object("Certificate", "stalwart-tls").inputs.spec.dnsNames).toContain(
      "autoconfig.newjoy.ro",
    );
  });

  it("autodiscover has a host with a certificate of its own, so that the mail host's certificate never waits for it", async () => {
    const { recorder } = await deploy({
      hosts: { ...sampleConfig().hosts, autoconfig: "autoconfig.newjoy.ro", autodiscover: "autodiscover.newjoy.ro" },
    });
    const { spec } = recorder.object("Ingress", "stalwart-discovery").inputs;
    expect(spec.rules.map((rule: { host: string }) => rule.host)).toEqual(["autodiscover.newjoy.ro"]);
    const { paths } = spec.rules[0].http;
    expect(paths.map((p: { path: string; pathType: string }) => `${p.pathType} ${p.path}`)).toEqual([
      "Exact /autodiscover/autodiscover.xml",
      "Exact /Autodiscover/Autodiscover.xml",
      "Exact /AutoDiscover/AutoDiscover.xml",
      "Exact /autodiscover/autodiscover.json",
    ]);
    expect(spec.tls).toEqual([{ hosts: ["autodiscover.newjoy.ro"], secretName: "stalwart-discovery-tls" }]);
    const certificate = (name: string) => recorder.object("Certificate", name).inputs.spec.dnsNames;
    expect(certificate("stalwart-discovery-tls")).toEqual(["autodiscover.newjoy.ro"]);
    expect(certificate("stalwart-tls")).toEqual(["mail.newjoy.ro", "autoconfig.newjoy.ro"]);
  });

  it("the autodiscover host uses a certificate from a Secret that exists already", async () => {
    const hosts = { ...sampleConfig().hosts, autodiscover: "autodiscover.newjoy.ro" };
    const { recorder } = await deploy({ hosts, tls: { secretName: "wildcard" } });
    expect(recorder.kind("Certificate")).toEqual([]);
    expect(recorder.object("Ingress", "stalwart-discovery").inputs.spec.tls[0].secretName).toBe("wildcard");
  });

  it("the configured ingress annotations override the mail server's own", async () => {
    const ingress = {
      ...sampleConfig().ingress,
      annotations: { "nginx.ingress.kubernetes.io/proxy-body-size": "1g", "example.org/x": "y" },
    };
    const { annotations } = (await deploy({ ingress })).recorder.object("Ingress", "stalwart").inputs.metadata;
    expect(annotations).toMatchObject({
      ...ingress.annotations,
      "nginx.ingress.kubernetes.io/proxy-read-timeout": "3600",
    });
  });

  it("the mail host uses a certificate that exists already, and then no certificate is requested", async () => {
    const deployed = await deploy({ tls: { secretName: "wildcard" } });
    expect(deployed.recorder.kind("Certificate")).toEqual([]);
    expect(deployed.recorder.object("Ingress", "stalwart").inputs.spec.tls[0].secretName).toBe("wildcard");
    const { volumes } = deployment(deployed.recorder).inputs.spec.template.spec;
    expect(volumes.find((v: { name: string }) => v.name === "tls").secret.secretName).toBe("wildcard");
  });
});

it("the mail server's Ingresses use the server name that the rest of the stack uses", async () => {
  expect(await resolved(sample.mail.host)).toBe("stalwart.stalwart-mail.svc.cluster.local");
});
