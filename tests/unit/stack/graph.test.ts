import { type Deployed, deploy } from "../../support/deploy";
import { containersOf, hardeningProblems, podsOf, selects } from "../../support/kubernetes";
import type { Recorded } from "../../support/recorder";
import { variants } from "./variants";

const isSecret = (object: Recorded): boolean => object.inputs.kind === "Secret";
const where = (object: Recorded): string => `${object.inputs.kind}/${object.inputs.metadata?.name}`;
const forms = (text: string): string[] => [text, Buffer.from(text).toString("base64").replace(/=+$/, "")];

describe.each(variants)("%s", (_name, config, secrets) => {
  let deployed: Deployed;
  let objects: Recorded[];
  beforeAll(async () => {
    deployed = await deploy(config);
    objects = deployed.recorder.resources.filter((r) => r.type.startsWith("kubernetes:"));
  });

  it("every stack has secret values in Secrets only", () => {
    const leaks = objects
      .filter((object) => !isSecret(object))
      .flatMap((object) => {
        const text = JSON.stringify(object.inputs);
        return secrets.filter((s) => forms(s).some((form) => text.includes(form))).map((s) => `${where(object)}: ${s}`);
      });
    expect(leaks).toEqual([]);
  });

  it("every stack passes the content of every Secret to the engine as a secret", () => {
    const plain = objects.filter(isSecret).flatMap((object) => {
      const covered = (path: string): boolean => object.secretPaths.some((p) => path === p || path.startsWith(`${p}.`));
      return ["data", "stringData"].flatMap((field) =>
        Object.keys(object.inputs[field] ?? {})
          .filter((key) => !covered(`${field}.${key}`))
          .map((key) => `${where(object)}.${key}`),
      );
    });
    // Names that are public anyway (a client id, a relay's user name) may be plain; nothing secret may.
    const texts = plain.map((path) => {
      const [kind, rest] = path.split("/") as [string, string];
      const [name, key] = rest.split(/\.(.*)/s) as [string, string];
      const { data, stringData } = deployed.recorder.object(kind, name).inputs;
      return JSON.stringify(stringData?.[key] ?? data?.[key]);
    });
    expect(texts.filter((text) => secrets.some((s) => forms(s).some((form) => text.includes(form))))).toEqual([]);
  });

  it("every stack has each of its objects in a component, so that a name in the state never changes by moving code", () => {
    expect(objects.filter(({ parent }) => !/::homelab-mail:\w+:\w+/.test(parent)).map(where)).toEqual([]);
  });

  it("every stack has only pods with the restricted profile, resource limits and pinned images", () => {
    const pods = podsOf(deployed.recorder);
    expect(pods.length).toBeGreaterThan(5);
    expect(pods.flatMap(hardeningProblems)).toEqual([]);
  });

  it("every stack has probes on every container that serves a port", () => {
    const unprobed = podsOf(deployed.recorder)
      .filter((pod) => pod.kind === "Deployment")
      .flatMap((pod) =>
        pod.spec.containers.filter((c: { livenessProbe?: unknown }) => !c.livenessProbe).map(() => pod.owner),
      );
    expect(unprobed).toEqual([]);
  });

  it("every stack refers only to Secret keys, ConfigMap keys, claims and ports that exist", () => {
    const { recorder } = deployed;
    const given = new Set(["Secret/wildcard-tls", "Secret/stalwart-tls", "Secret/roundcube-tls"]); // by cert-manager or by hand
    const missing: string[] = [];
    const need = (owner: string, kind: string, name: string, key?: string): void => {
      if (given.has(`${kind}/${name}`)) return;
      const object = recorder.kind(kind).find((r) => r.inputs.metadata.name === name);
      const keys = { ...object?.inputs.data, ...object?.inputs.stringData, ...object?.inputs.binaryData };
      if (!object || (key !== undefined && !(key in keys))) missing.push(`${owner} needs ${kind}/${name} ${key ?? ""}`);
    };
    for (const pod of podsOf(recorder)) {
      const volumes = new Set((pod.spec.volumes ?? []).map((v: { name: string }) => v.name));
      for (const volume of pod.spec.volumes ?? []) {
        const source = volume.secret ?? volume.configMap;
        const kind = volume.secret ? "Secret" : "ConfigMap";
        if (source) {
          const name = source.secretName ?? source.name;
          if (source.items) for (const item of source.items) need(pod.owner, kind, name, item.key);
          else need(pod.owner, kind, name);
        }
        if (volume.persistentVolumeClaim) {
          need(pod.owner, "PersistentVolumeClaim", volume.persistentVolumeClaim.claimName);
        }
      }
      for (const container of containersOf(pod)) {
        const portNames = new Set((container.ports ?? []).map((p: { name?: string }) => p.name));
        for (const mount of container.volumeMounts ?? []) {
          if (!volumes.has(mount.name)) missing.push(`${pod.owner} needs volume ${mount.name}`);
          const { configMap } = pod.spec.volumes.find((v: { name: string }) => v.name === mount.name) ?? {};
          if (configMap && mount.subPath) need(pod.owner, "ConfigMap", configMap.name, mount.subPath);
        }
        for (const { valueFrom } of container.env ?? []) {
          if (valueFrom?.secretKeyRef)
            need(pod.owner, "Secret", valueFrom.secretKeyRef.name, valueFrom.secretKeyRef.key);
          if (valueFrom?.configMapKeyRef) {
            need(pod.owner, "ConfigMap", valueFrom.configMapKeyRef.name, valueFrom.configMapKeyRef.key);
          }
        }
        for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
          const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port;
          if (typeof port === "string" && !portNames.has(port)) missing.push(`${pod.owner} probes ${port}`);
        }
      }
    }
    for (const ingress of recorder.kind("Ingress")) {
      for (const rule of ingress.inputs.spec.rules) {
        for (const { backend } of rule.http.paths) {
          const { name, port } = backend.service;
          const service = recorder.object("Service", name);
          const known = service.inputs.spec.ports.some(
            (p: { name: string; port: number }) => p.name === port.name || p.port === port.number,
          );
          if (!known) missing.push(`${where(ingress)} needs port ${JSON.stringify(port)} of ${name}`);
        }
      }
      for (const { secretName } of ingress.inputs.spec.tls) need(where(ingress), "Secret", secretName);
    }
    expect(missing).toEqual([]);
  });

  it("every stack has selectors that match the intended pods", () => {
    const { recorder } = deployed;
    const pods = podsOf(recorder);
    const idle: string[] = [];
    for (const deployment of recorder.kind("Deployment").filter((d) => d.inputs.spec.selector)) {
      const own = deployment.inputs.spec.template.metadata.labels;
      if (!selects(deployment.inputs.spec.selector.matchLabels, own)) idle.push(where(deployment));
      const others = pods.filter((p) => selects(deployment.inputs.spec.selector.matchLabels, p.labels));
      if (others.length !== 1) idle.push(`${where(deployment)} selects ${others.map((p) => p.owner)}`);
    }
    for (const service of recorder.kind("Service")) {
      const chosen = pods.filter((p) => selects(service.inputs.spec.selector, p.labels));
      if (chosen.length !== 1) idle.push(`${where(service)} selects ${chosen.map((p) => p.owner)}`);
      const names = new Set(service.inputs.spec.ports.map((port: { name?: string }) => port.name ?? ""));
      if (names.size < service.inputs.spec.ports.length)
        idle.push(`${where(service)} has ports without a name of their own`);
      for (const port of service.inputs.spec.ports) {
        const named = chosen
          .flatMap(containersOf)
          .flatMap((c) => c.ports ?? [])
          .some((p) => p.name === port.targetPort || p.containerPort === port.targetPort);
        if (!named) idle.push(`${where(service)} port ${port.name} has no container port`);
      }
    }
    for (const policy of recorder.kind("NetworkPolicy")) {
      if (policy.inputs.metadata.name === "acme-solver") continue; // cert-manager's pods, not ours
      const { podSelector, ingress = [], egress = [] } = policy.inputs.spec;
      const peers = [
        ...ingress.flatMap((r: { from?: [] }) => r.from ?? []),
        ...egress.flatMap((r: { to?: [] }) => r.to ?? []),
      ];
      for (const selector of [podSelector, ...peers.map((p) => p.podSelector).filter(Boolean)]) {
        if (!pods.some((p) => selects(selector.matchLabels ?? {}, p.labels))) {
          idle.push(`${where(policy)} names pods that do not exist: ${JSON.stringify(selector)}`);
        }
      }
    }
    expect(idle).toEqual([]);
  });

  it("every stack has every object in one namespace, under a fixed name", () => {
    const namespace = (config.namespace as string) ?? "stalwart-mail";
    const strays = objects.filter((o) => o.inputs.kind !== "Namespace" && o.inputs.metadata.namespace !== namespace);
    expect(strays.map(where)).toEqual([]);
    for (const [kind, name] of [
      ["Deployment", "roundcube"],
      ["Service", "stalwart"],
      ["Service", "roundcube"],
      ["PersistentVolumeClaim", "stalwart-data"],
      ["Secret", "migadu-fetch-credentials"],
      ["Secret", "stalwart-emails"],
      ["Secret", "stalwart-oidc"],
      ["Secret", "stalwart-admin"],
      ["Secret", "migadu-smtp-credentials"],
    ] as const) {
      expect(deployed.recorder.object(kind, name)).toBeDefined();
    }
  });

  it("every stack is deployed without waiting for addresses, volumes and ingress controllers", () => {
    const late = objects.filter(({ inputs }) => ["Service", "Ingress", "PersistentVolumeClaim"].includes(inputs.kind));
    expect(late.length).toBeGreaterThan(3);
    const awaited = late.filter(({ inputs }) => inputs.metadata.annotations?.["pulumi.com/skipAwait"] !== "true");
    expect(awaited.map(where)).toEqual([]);
  });

  it("every stack starts the fetchers only after the settings are applied", () => {
    const { recorder } = deployed;
    const apply = recorder.kind("Job").find((job) => job.inputs.metadata.name.startsWith("stalwart-settings-"));
    const server = recorder
      .kind("Deployment")
      .find((d) => d.inputs.metadata.name === "stalwart" && d.inputs.spec.selector);
    for (const fetcher of recorder.kind("Deployment").filter((d) => d.inputs.metadata.name.startsWith("fetchmail-"))) {
      const before = recorder.upstream(fetcher);
      expect([...before]).toEqual(expect.arrayContaining([apply?.urn, server?.urn]));
    }
  });
});
