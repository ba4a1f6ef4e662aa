import { readdirSync } from "node:fs";
import { listeners } from "../../../../components/mailserver/listeners";
import { containersOf, hardeningProblems, podsOf, selects } from "../../../support/kubernetes";
import type { Recorded } from "../../../support/recorder";
import { type Deployed, deploy, deployment, waitsFor } from "./deployed";
import { objectsOf, samplePlan } from "./plans";

let sample: Deployed;
beforeAll(async () => {
  sample = await deploy();
});

describe("the pods", () => {
  it("the mail server's pods are restricted, have limits and use pinned images", () => {
    const pods = podsOf(sample.recorder);
    expect(pods.map(({ kind }) => kind).sort()).toEqual(["CronJob", "CronJob", "Deployment", "Job", "Job"]);
    expect(pods.flatMap(hardeningProblems)).toEqual([]);
  });

  it("the mail server's pods mount only what exists: Secrets with their keys, ConfigMaps, claims and declared volumes", () => {
    const { recorder } = sample;
    for (const pod of podsOf(recorder)) {
      const declared = pod.spec.volumes.map((v: { name: string }) => v.name);
      for (const container of containersOf(pod)) {
        for (const mount of container.volumeMounts ?? []) expect(declared).toContain(mount.name);
        for (const { valueFrom } of container.env ?? []) {
          if (!valueFrom) continue;
          const { name, key } = valueFrom.secretKeyRef ?? valueFrom.configMapKeyRef;
          const { stringData, data } = recorder.object(valueFrom.secretKeyRef ? "Secret" : "ConfigMap", name).inputs;
          expect(Object.keys(stringData ?? data)).toContain(key);
        }
        const file = container.args?.at(-1) as string;
        if (!file.startsWith("/settings/")) continue;
        const volume = pod.spec.volumes.find((v: { name: string }) => v.name === "settings");
        const { stringData, data } = volume.secret
          ? recorder.object("Secret", volume.secret.secretName).inputs
          : recorder.object("ConfigMap", volume.configMap.name).inputs;
        expect(Object.keys(stringData ?? data)).toContain(file.replace("/settings/", ""));
      }
      for (const { secret, configMap, persistentVolumeClaim } of pod.spec.volumes) {
        if (configMap) expect(recorder.object("ConfigMap", configMap.name)).toBeDefined();
        if (persistentVolumeClaim) expect(persistentVolumeClaim.claimName).toBe("stalwart-data");
        if (secret && secret.secretName !== "stalwart-tls") {
          const { stringData } = recorder.object("Secret", secret.secretName).inputs;
          for (const { key } of secret.items ?? []) expect(Object.keys(stringData)).toContain(key);
        }
      }
    }
  });

  it("the mail server's pods start after what they mount and read", () => {
    const { recorder } = sample;
    for (const pod of podsOf(recorder)) {
      const { owner, spec } = pod;
      const [workload] = recorder.resources.filter(({ inputs }) => `${inputs.kind}/${inputs.metadata?.name}` === owner);
      const sources = [
        ...spec.volumes,
        ...containersOf(pod).flatMap(({ env = [] }) =>
          env.map(({ valueFrom = {} }: { valueFrom?: object }) => valueFrom),
        ),
      ];
      for (const { secret, configMap, secretKeyRef, configMapKeyRef } of sources) {
        const name = secret?.secretName ?? secretKeyRef?.name ?? configMap?.name ?? configMapKeyRef?.name;
        if (name === undefined) continue;
        const needed = recorder.resources.filter(
          ({ inputs }) =>
            inputs.metadata?.name === name &&
            ["Certificate", secret || secretKeyRef ? "Secret" : "ConfigMap"].includes(inputs.kind),
        );
        expect([owner, name, needed.length]).toEqual([owner, name, 1]);
        expect([owner, name, workload && waitsFor(recorder, workload, needed[0] as Recorded)]).toEqual([
          owner,
          name,
          true,
        ]);
      }
    }
  });

  it("the mail server's settings pods have every file of the program that they run", () => {
    const { data } = sample.recorder.object("ConfigMap", "stalwart-access").inputs;
    const commands = podsOf(sample.recorder).flatMap((pod) => containersOf(pod).map(({ command = [] }) => command));
    const files = new Set(commands.filter(([program]) => program === "python3").map((command) => command.at(-1)));
    for (const file of files) expect(Object.keys(data)).toContain(file.replace("/program/", ""));
    expect(files.size).toBeGreaterThan(0);
    const imported = Object.values<string>(data).flatMap((text) => [...text.matchAll(/^(?:from|import) (\w+)/gm)]);
    const own = readdirSync("components/mailserver/program").filter((file) => file.endsWith(".py"));
    for (const [, module] of imported) {
      if (own.includes(`${module}.py`)) expect(Object.keys(data)).toContain(`${module}.py`);
    }
  });

  it("the settings name the certificate's files where the mail server's pod mounts them", () => {
    const { spec } = deployment(sample.recorder).inputs.spec.template;
    const { mountPath } = spec.containers[0].volumeMounts.find((mount: { name: string }) => mount.name === "tls");
    expect(objectsOf(samplePlan(), "Certificate")).toEqual([
      {
        certificate: { "@type": "File", filePath: `${mountPath}/tls.crt` },
        privateKey: { "@type": "File", filePath: `${mountPath}/tls.key` },
      },
    ]);
  });

  it("the Services select the mail server's pods, which serve every port that the Services name", () => {
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

  it("the mail server binds low ports without root, and a pod that cannot bind them is not ready", () => {
    const { spec } = deployment(sample.recorder).inputs.spec.template;
    expect(spec.securityContext.sysctls).toEqual([{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }]);
    expect(spec.containers[0].securityContext.capabilities).toEqual({ drop: ["ALL"], add: ["NET_BIND_SERVICE"] });
    // A port that is among the server's own defaults, too: the settings come after the first start.
    expect(spec.containers[0].startupProbe.tcpSocket).toEqual({ port: 993 });
  });

  it("the mail server starts once the network allows requests to the identity provider, and soon in any case", () => {
    const [network] = deployment(sample.recorder).inputs.spec.template.spec.initContainers;
    expect(network.image).toBe(deployment(sample.recorder).inputs.spec.template.spec.containers[0].image);
    expect(network.env).toEqual([
      { name: "ISSUER", valueFrom: { configMapKeyRef: { name: "stalwart-config", key: "issuer" } } },
    ]);
    expect(sample.recorder.object("ConfigMap", "stalwart-config").inputs.data.issuer).toBe("https://auth.newjoy.ro");
    expect(network.args[0]).toContain("$ISSUER/.well-known/openid-configuration");
    expect(network.args[0]).toMatch(/\+ 15\)/);
  });

  it("the mail server has two minutes to start, and its probes run inside the pod, where no ban of a node's address applies", () => {
    const [container] = deployment(sample.recorder).inputs.spec.template.spec.containers;
    const { periodSeconds, failureThreshold } = container.startupProbe;
    expect(periodSeconds * failureThreshold).toBeGreaterThanOrEqual(120);
    for (const probe of [container.livenessProbe, container.readinessProbe]) {
      expect(probe).not.toHaveProperty("httpGet");
      expect(probe.exec.command.join(" ")).toMatch(
        /^curl -fsS .* -H X-Forwarded-For: 127\.0\.0\.1 http:\/\/127\.0\.0\.1:8080\/healthz\/(live|ready)$/,
      );
    }
  });

  it("the mail server starts with the address of its store alone: every other setting is in the store", () => {
    const { data } = sample.recorder.object("ConfigMap", "stalwart-config").inputs;
    expect(Object.keys(data)).toEqual(["config.json", "issuer"]);
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
