import * as pulumi from "@pulumi/pulumi";
import { MailServer } from "../../../../components/mailserver";
import { listeners, listenersHash } from "../../../../components/mailserver/listeners";
import type { StackConfig } from "../../../../config/types";
import { containersOf, hardeningProblems, podsOf, selects } from "../../../support/kubernetes";
import { type Recorded, type Recorder, resolved, settled, startRecording } from "../../../support/recorder";
import { sampleConfig, sampleMailbox } from "../../../support/sample";

interface Deployed {
  readonly recorder: Recorder;
  readonly mail: MailServer;
}

async function deploy(overrides: Partial<StackConfig> = {}): Promise<Deployed> {
  const recorder = await startRecording();
  const mail = new MailServer("stalwart", { ...sampleConfig(overrides), dataClaim: pulumi.output("stalwart-data") });
  await settled();
  return { recorder, mail };
}

const kubernetes = ({ recorder }: Deployed): Recorded[] =>
  recorder.resources.filter(({ type }) => type.startsWith("kubernetes:"));

/** Objects whose content differs between two deployments, by kind and logical name. */
function touched(before: Deployed, after: Deployed): string[] {
  const contents = (deployed: Deployed) =>
    new Map(deployed.recorder.resources.map((r) => [`${r.type.split(":").pop()}/${r.name}`, JSON.stringify(r.inputs)]));
  const [old, now] = [contents(before), contents(after)];
  return [...new Set([...old.keys(), ...now.keys()])].filter((key) => old.get(key) !== now.get(key)).sort();
}

/** What applies the settings: these follow every change of them. */
const SETTINGS = [
  "CronJob/stalwart-settings-schedule",
  "Job/stalwart-reload",
  "Job/stalwart-settings",
  "Secret/stalwart-settings",
];

const job = (recorder: Recorder, logicalName: string): Recorded => {
  const found = recorder.kind("Job").find(({ name }) => name === logicalName);
  if (!found) throw new Error(`no Job ${logicalName}`);
  return found;
};
const patch = (recorder: Recorder): Recorded => {
  const [found, ...more] = recorder.resources.filter(({ type }) => type === "kubernetes:apps/v1:DeploymentPatch");
  if (!found || more.length > 0) throw new Error("there must be one DeploymentPatch");
  return found;
};
const deployment = (recorder: Recorder): Recorded => {
  const [found] = recorder.resources.filter(({ type }) => type === "kubernetes:apps/v1:Deployment");
  if (!found) throw new Error("no Deployment");
  return found;
};
const waitsFor = (recorder: Recorder, one: Recorded, other: Recorded): boolean => recorder.upstream(one).has(other.urn);

let sample: Deployed;
beforeAll(async () => {
  sample = await deploy();
});

describe("the mail server keeps running", () => {
  const kinga = sampleMailbox("kinga");
  const alpar = sampleMailbox("alpar", { admin: true });

  it.each<[string, Partial<StackConfig>]>([
    ["when a mailbox is added", { mailboxes: [alpar, kinga, sampleMailbox("service"), sampleMailbox("zoe")] }],
    ["when a mailbox is taken out", { mailboxes: [alpar, sampleMailbox("service")] }],
    ["when an alias is added", { mailboxes: [alpar, { ...kinga, aliases: ["ki"] }, sampleMailbox("service")] }],
    ["when somebody becomes admin", { mailboxes: [alpar, { ...kinga, admin: true }, sampleMailbox("service")] }],
    [
      "when somebody's Junk is fetched",
      { mailboxes: [alpar, { ...kinga, folders: ["INBOX", "Junk"] }, sampleMailbox("service")] },
    ],
    ["when the identity provider moves", { identity: { issuer: "https://id.example.org", name: "ID", clientId: "x" } }],
    [
      "when the provider's SMTP server moves",
      { provider: { imap: { host: "i", port: 1 }, smtp: { host: "s", port: 465 } } },
    ],
    ["when another network may relay", { cluster: { networks: ["10.42.0.0/16"], relayNamespaces: [] } }],
  ])("%s", async (_name, change) => {
    expect(touched(sample, await deploy(change))).toEqual(SETTINGS);
  });

  it("when the relay's password is rotated, which touches one Secret and nothing else", async () => {
    const rotated = await deploy({ relay: { ...sampleConfig().relay, password: pulumi.secret("another-password") } });
    expect(touched(sample, rotated)).toEqual(["Secret/migadu-smtp-credentials"]);
  });

  it("and the Secret that holds the settings is a new one each time, never changed under a running Job", async () => {
    const changed = await deploy({ mailboxes: [alpar] });
    const name = ({ recorder }: Deployed): string => job(recorder, "stalwart-settings").inputs.metadata.name;
    expect(name(changed)).not.toBe(name(sample));
    for (const { recorder } of [sample, changed]) {
      const hash = job(recorder, "stalwart-settings").inputs.metadata.name.replace("stalwart-settings-", "");
      expect(hash).toMatch(/^[0-9a-f]{10}$/);
      expect(recorder.object("Secret", `stalwart-settings-${hash}`).inputs.immutable).toBe(true);
      expect(job(recorder, "stalwart-reload").inputs.metadata.name).toBe(`stalwart-reload-${hash}`);
    }
  });
});

describe("the mail server restarts", () => {
  it("for its listeners through the patch alone: the Deployment does not know them by hash", () => {
    const { recorder } = sample;
    expect(patch(recorder).inputs.spec).toEqual({
      template: { metadata: { annotations: { "homelab-mail/listeners": listenersHash() } } },
    });
    expect(JSON.stringify(deployment(recorder).inputs)).not.toContain("homelab-mail/listeners");
    expect(patch(recorder).inputs.metadata).toMatchObject({ name: "stalwart", namespace: "stalwart-mail" });
  });

  it("when its administrator gets another password, which it reads at start only", async () => {
    const first = await deploy({ admin: { password: pulumi.secret("first-admin-password") } });
    const second = await deploy({ admin: { password: pulumi.secret("second-admin-password") } });
    expect(touched(first, second)).toEqual(["Deployment/stalwart", "Secret/stalwart-admin"]);
    expect(JSON.stringify(deployment(first.recorder).inputs)).not.toMatch(/admin-password"/);
  });

  it("with one process on the volume at any time, and time to close its store", () => {
    const { spec } = deployment(sample.recorder).inputs;
    expect(spec.strategy).toEqual({ type: "Recreate" });
    expect(spec.replicas).toBe(1);
    expect(spec.template.spec.terminationGracePeriodSeconds).toBe(60);
  });

  it("without being restarted first when the stack is destroyed", () => {
    expect(patch(sample.recorder).retainOnDelete).toBe(true);
  });
});

describe("settings", () => {
  it("are applied to a server that is up, by an administrator it knows, through a Service that exists", () => {
    const { recorder } = sample;
    const apply = job(recorder, "stalwart-settings");
    expect(waitsFor(recorder, apply, deployment(recorder))).toBe(true);
    expect(waitsFor(recorder, apply, recorder.object("Service", "stalwart"))).toBe(true);
    expect(waitsFor(recorder, apply, recorder.object("Secret", "stalwart-admin"))).toBe(true);
    expect(waitsFor(recorder, apply, recorder.object("Secret", apply.inputs.metadata.name))).toBe(true);
  });

  it("are applied before the restart that opens new listeners, and take effect after it", () => {
    const { recorder } = sample;
    expect(waitsFor(recorder, patch(recorder), job(recorder, "stalwart-settings"))).toBe(true);
    expect(waitsFor(recorder, job(recorder, "stalwart-reload"), patch(recorder))).toBe(true);
  });

  it("let mail flow while the identity provider is away: what fetchers wait for does not wait for the reload", async () => {
    const { recorder, mail } = sample;
    const ready = await resolved((mail.ready as pulumi.CustomResource).urn);
    expect(ready).toBe(patch(recorder).urn);
    expect(waitsFor(recorder, patch(recorder), job(recorder, "stalwart-reload"))).toBe(false);
  });

  it("fail the update when they cannot be applied, with the server's message", () => {
    for (const name of ["stalwart-settings", "stalwart-reload"]) {
      const { metadata, spec } = job(sample.recorder, name).inputs;
      expect(metadata.annotations).not.toHaveProperty(["pulumi.com/skipAwait"]);
      expect(spec.template.spec.initContainers).toBeUndefined(); // their messages are not shown
      expect(spec.template.spec.containers[0].terminationMessagePolicy).toBe("FallbackToLogsOnError");
      expect(spec.backoffLimit).toBe(3);
    }
  });

  it("that failed are tried again by the next update, which must find the Job", () => {
    for (const name of ["stalwart-settings", "stalwart-reload"]) {
      const { metadata, spec } = job(sample.recorder, name).inputs;
      expect(metadata.annotations["pulumi.com/replaceUnready"]).toBe("true");
      expect(spec).not.toHaveProperty("ttlSecondsAfterFinished");
    }
  });

  it("are applied again every five minutes, one run at a time, and then reloaded", () => {
    const { spec } = sample.recorder.object("CronJob", "stalwart-settings").inputs;
    expect(spec).toMatchObject({ schedule: "*/5 * * * *", concurrencyPolicy: "Forbid", startingDeadlineSeconds: 120 });
    const pod = spec.jobTemplate.spec.template.spec;
    const file = (container: { args: string[] }) => container.args.at(-1);
    expect(pod.initContainers.map(file)).toEqual(["/settings/plan.ndjson"]);
    expect(pod.containers.map(file)).toEqual(["/settings/reload.ndjson"]);
    expect(spec.jobTemplate.spec.activeDeadlineSeconds).toBeLessThan(300);
  });

  it("are never applied by two at once on a fresh server", () => {
    const { recorder } = sample;
    const schedule = recorder.object("CronJob", "stalwart-settings");
    expect(waitsFor(recorder, schedule, job(recorder, "stalwart-settings"))).toBe(true);
  });

  it("stand nowhere but in a Secret, for they hold addresses", async () => {
    const hidden = sampleMailbox("zoe", { address: "hidden@newjoy.ro", localPart: "hidden", aliases: ["veiled"] });
    const deployed = await deploy({ mailboxes: [hidden] });
    const outside = kubernetes(deployed).filter(({ inputs }) => /hidden|veiled/.test(JSON.stringify(inputs)));
    expect(outside.map(({ inputs }) => inputs.kind)).toEqual(["Secret"]);
    expect(outside[0]?.secretPaths.some((path) => path.startsWith("stringData"))).toBe(true);
  });

  it("reach the server under the address that the tool is told", () => {
    for (const container of podsOf(sample.recorder)
      .filter(({ kind }) => kind !== "Deployment")
      .flatMap(containersOf)) {
      expect(container.env).toEqual([
        { name: "STALWART_URL", value: "http://stalwart.stalwart-mail.svc.cluster.local:8080" },
        { name: "STALWART_USER", value: "admin" },
        { name: "STALWART_PASSWORD", valueFrom: { secretKeyRef: { name: "stalwart-admin", key: "password" } } },
        { name: "XDG_CACHE_HOME", value: "/cache" },
      ]);
    }
  });
});

describe("passwords", () => {
  const generated = "generated-stalwart-admin-secret";

  it("stand in Secrets and nowhere else, and reach the engine as secrets", async () => {
    const given = await deploy({ admin: { password: pulumi.secret("given-admin-password") } });
    for (const deployed of [sample, given]) {
      for (const object of kubernetes(deployed)) {
        const text = JSON.stringify(object.inputs);
        const holds = [generated, "given-admin-password", "relay-password-value", "provider-password-of"].some(
          (secret) => text.includes(secret),
        );
        if (!holds) continue;
        expect(object.inputs.kind).toBe("Secret");
        expect(object.secretPaths.length).toBeGreaterThan(0);
      }
    }
  });

  it("have the names that hand-made clusters of this kind use", () => {
    const { recorder } = sample;
    expect(recorder.object("Secret", "stalwart-admin").inputs.stringData).toEqual({ password: generated });
    expect(recorder.object("Secret", "migadu-smtp-credentials").inputs.stringData).toEqual({
      username: "service@newjoy.ro",
      password: "relay-password-value",
    });
  });

  it("of the administrator is generated unless given, and shown as a secret output", async () => {
    const chosen = await deploy({ admin: { password: pulumi.secret("given-admin-password") } });
    expect(await resolved(sample.mail.adminPassword)).toBe(generated);
    expect(await resolved(chosen.mail.adminPassword)).toBe("given-admin-password");
    for (const { mail } of [sample, chosen]) expect(await pulumi.isSecret(mail.adminPassword)).toBe(true);
    const [random] = sample.recorder.resources.filter(({ type }) => type.startsWith("random:"));
    expect(random?.inputs).toMatchObject({ length: 32, special: false });
  });

  it("of the relay lies where the settings say, readable for the server alone", () => {
    const pod = deployment(sample.recorder).inputs.spec.template.spec;
    const { filePath } = JSON.parse(
      sample.recorder
        .object("Secret", job(sample.recorder, "stalwart-settings").inputs.metadata.name)
        .inputs.stringData["plan.ndjson"].split("\n")
        .find((line: string) => line.includes('"MtaRoute"')),
    ).value.relay.authSecret;
    const volume = pod.volumes.find(
      (v: { secret?: { secretName: string } }) => v.secret?.secretName === "migadu-smtp-credentials",
    );
    const mount = pod.containers[0].volumeMounts.find((m: { name: string }) => m.name === volume.name);
    expect(filePath).toBe(`${mount.mountPath}/${volume.secret.items[0].path}`);
    expect(volume.secret).toMatchObject({ defaultMode: 0o440, items: [{ key: "password" }] });
  });
});

describe("people's way in", () => {
  const people = (deployed: Deployed) => deployed.recorder.object("Service", "stalwart-mail").inputs;
  const numbers = (spec: { ports: { port: number }[] }): number[] =>
    spec.ports.map(({ port }) => port).sort((a, b) => a - b);

  it.each(["LoadBalancer", "NodePort", "ClusterIP"] as const)(
    "never offers port 25, 2525 or 8080 (%s)",
    async (type) => {
      const deployed = await deploy({ service: { type, annotations: {}, sourceRanges: [] } });
      expect(numbers(people(deployed).spec)).toEqual([465, 587, 993, 4190]);
    },
  );

  it("lets the server see who connects", () => {
    expect(people(sample).spec.externalTrafficPolicy).toBe("Local");
  });

  it("has the address, the annotations and the allowed networks that are configured", async () => {
    const deployed = await deploy({
      service: {
        type: "LoadBalancer",
        annotations: { "metallb.io/address-pool": "home" },
        address: "192.168.1.25",
        sourceRanges: ["192.168.0.0/16"],
      },
    });
    expect(people(deployed).metadata.annotations).toMatchObject({ "metallb.io/address-pool": "home" });
    expect(people(deployed).spec).toMatchObject({
      loadBalancerIP: "192.168.1.25",
      loadBalancerSourceRanges: ["192.168.0.0/16"],
    });
  });

  it("has only fields that the API server takes for its type", async () => {
    const service = { annotations: {}, address: "192.168.1.25", sourceRanges: ["192.168.0.0/16"] };
    const node = people(await deploy({ service: { ...service, type: "NodePort" } })).spec;
    const inside = people(await deploy({ service: { ...service, type: "ClusterIP" } })).spec;
    for (const spec of [node, inside]) {
      expect(spec).not.toHaveProperty("loadBalancerIP");
      expect(spec).not.toHaveProperty("loadBalancerSourceRanges");
    }
    expect(inside).not.toHaveProperty("externalTrafficPolicy");
  });

  it("does not hang the update where no load balancer or ingress controller answers", () => {
    for (const [kind, name] of [
      ["Service", "stalwart"],
      ["Service", "stalwart-mail"],
      ["Ingress", "stalwart"],
    ] as const) {
      expect(sample.recorder.object(kind, name).inputs.metadata.annotations["pulumi.com/skipAwait"]).toBe("true");
    }
  });

  it("shows web admin and JMAP under the mail host, over TLS", () => {
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

  it("answers autoconfiguration under its own host, and nothing else there", async () => {
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

  it("takes the ingress annotations that are configured over its own", async () => {
    const ingress = {
      className: "nginx",
      namespace: "ingress-nginx",
      annotations: { "nginx.ingress.kubernetes.io/proxy-body-size": "1g", "example.org/x": "y" },
    };
    const { annotations } = (await deploy({ ingress })).recorder.object("Ingress", "stalwart").inputs.metadata;
    expect(annotations).toMatchObject({
      ...ingress.annotations,
      "nginx.ingress.kubernetes.io/proxy-read-timeout": "3600",
    });
  });

  it("uses a certificate that is there already, and then asks nobody for one", async () => {
    const deployed = await deploy({ tls: { secretName: "wildcard" } });
    expect(deployed.recorder.kind("Certificate")).toEqual([]);
    expect(deployed.recorder.object("Ingress", "stalwart").inputs.spec.tls[0].secretName).toBe("wildcard");
    const { volumes } = deployment(deployed.recorder).inputs.spec.template.spec;
    expect(volumes.find((v: { name: string }) => v.name === "tls").secret.secretName).toBe("wildcard");
  });
});

describe("the pods", () => {
  it("are restricted, bounded and pinned", () => {
    const pods = podsOf(sample.recorder);
    expect(pods.map(({ kind }) => kind).sort()).toEqual(["CronJob", "Deployment", "Job", "Job"]);
    expect(pods.flatMap(hardeningProblems)).toEqual([]);
  });

  it("mount only what exists: Secrets with their keys, ConfigMaps, claims, declared volumes", () => {
    const { recorder } = sample;
    for (const pod of podsOf(recorder)) {
      const declared = pod.spec.volumes.map((v: { name: string }) => v.name);
      for (const container of containersOf(pod)) {
        for (const mount of container.volumeMounts) expect(declared).toContain(mount.name);
        for (const { valueFrom } of container.env ?? []) {
          if (!valueFrom) continue;
          const { name, key } = valueFrom.secretKeyRef;
          expect(Object.keys(recorder.object("Secret", name).inputs.stringData)).toContain(key);
        }
        const file = container.args?.at(-1) as string;
        if (!file.startsWith("/settings/")) continue;
        const volume = pod.spec.volumes.find((v: { name: string }) => v.name === "settings");
        const keys = Object.keys(recorder.object("Secret", volume.secret.secretName).inputs.stringData);
        expect(keys).toContain(file.replace("/settings/", ""));
      }
      for (const { secret, configMap, persistentVolumeClaim } of pod.spec.volumes) {
        if (configMap) expect(recorder.object("ConfigMap", configMap.name).inputs.data).toHaveProperty(["config.json"]);
        if (persistentVolumeClaim) expect(persistentVolumeClaim.claimName).toBe("stalwart-data");
        if (secret && secret.secretName !== "stalwart-tls") {
          const { stringData } = recorder.object("Secret", secret.secretName).inputs;
          for (const { key } of secret.items ?? []) expect(Object.keys(stringData)).toContain(key);
        }
      }
    }
  });

  it("are what the Services select, and serve every port the Services name", () => {
    const { metadata, spec } = deployment(sample.recorder).inputs.spec.template;
    const open = spec.containers[0].ports as { name: string; containerPort: number }[];
    for (const service of sample.recorder.kind("Service")) {
      expect(selects(service.inputs.spec.selector, metadata.labels)).toBe(true);
      for (const { port, targetPort } of service.inputs.spec.ports) {
        expect(open).toContainEqual(expect.objectContaining({ name: targetPort, containerPort: port }));
      }
    }
    expect(open.map(({ containerPort }) => containerPort)).toEqual(listeners().map(({ port }) => port));
    for (const pod of podsOf(sample.recorder).filter(({ kind }) => kind !== "Deployment")) {
      expect(selects(deployment(sample.recorder).inputs.spec.selector.matchLabels, pod.labels)).toBe(false);
    }
  });

  it("bind low ports without root, and are noticed when they could not", () => {
    const { spec } = deployment(sample.recorder).inputs.spec.template;
    expect(spec.securityContext.sysctls).toEqual([{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }]);
    expect(spec.containers[0].securityContext.capabilities).toEqual({ drop: ["ALL"], add: ["NET_BIND_SERVICE"] });
    // A port that is among the server's own defaults, too: the settings come after the first start.
    expect(spec.containers[0].startupProbe.tcpSocket).toEqual({ port: 993 });
  });

  it("have two minutes to start, and are asked as a proxy would ask", () => {
    const [container] = deployment(sample.recorder).inputs.spec.template.spec.containers;
    const { periodSeconds, failureThreshold } = container.startupProbe;
    expect(periodSeconds * failureThreshold).toBeGreaterThanOrEqual(120);
    for (const probe of [container.livenessProbe, container.readinessProbe]) {
      expect(probe.httpGet).toMatchObject({
        port: 8080,
        httpHeaders: [{ name: "X-Forwarded-For", value: "127.0.0.1" }],
      });
    }
  });

  it("start the server on its store alone: every other setting lives there", () => {
    const { data } = sample.recorder.object("ConfigMap", "stalwart-config").inputs;
    expect(Object.keys(data)).toEqual(["config.json"]);
    expect(JSON.parse(data["config.json"])).toEqual({ "@type": "RocksDb", path: "/var/lib/stalwart/data" });
    const [{ args, env, volumeMounts }] = deployment(sample.recorder).inputs.spec.template.spec.containers;
    expect(args).toEqual(["--config", "/etc/stalwart/config.json"]);
    const at = Object.fromEntries(volumeMounts.map((m: { mountPath: string }) => [m.mountPath, m]));
    expect(at).toMatchObject({
      "/etc/stalwart/config.json": { subPath: "config.json" },
      "/var/lib/stalwart": { name: "data" },
      "/tmp": { name: "tmp" },
      "/var/log/stalwart": { name: "logs" },
    });
    // Kubernetes puts the password in: a variable may only refer to those that stand before it.
    expect(env.map((e: { name: string }) => e.name).slice(0, 2)).toEqual(["ADMIN_PASSWORD", "STALWART_RECOVERY_ADMIN"]);
    expect(env[1].value).toBe("admin:$(ADMIN_PASSWORD)");
    expect(env[2]).toEqual({ name: "STALWART_PUBLIC_URL", value: "https://mail.newjoy.ro" });
  });
});

it("names the server as the rest of the stack does", async () => {
  expect(await resolved(sample.mail.host)).toBe("stalwart.stalwart-mail.svc.cluster.local");
});
