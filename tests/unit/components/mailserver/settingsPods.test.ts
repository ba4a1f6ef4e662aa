import { containersOf, type Pod, podsOf } from "../../../support/kubernetes";
import { type Deployed, deploy, deployment, job, patch } from "./deployed";
import { objectsOf, samplePlan } from "./plans";

// biome-ignore lint/suspicious/noExplicitAny: objects of the API as plain data
type Plain = any;

let sample: Deployed;
let pods: Pod[];
beforeAll(async () => {
  sample = await deploy();
  pods = podsOf(sample.recorder).filter(({ kind }) => kind !== "Deployment");
});

/** Paths that a container is told, in its command, its arguments and its environment. */
const pathsOf = ({ name, command = [], args = [], env = [] }: Plain): string[] =>
  ["server", "logins"].includes(name) // scripts, whose paths are URLs
    ? []
    : [...command, ...args, ...env.map(({ value = "" }: { value?: string }) => value)].flatMap((text: string) =>
        [...text.matchAll(/(?:^|=)(\/(?!usr\/)[\w./-]+)/g)].map(([, path]) => path ?? ""),
      );

describe("the pods that apply the settings", () => {
  it("every file that a settings container is told is in a volume that it mounts, and what it writes is in a writable one", () => {
    let found = 0;
    for (const { owner, spec } of pods) {
      for (const container of [...spec.initContainers, ...spec.containers]) {
        for (const path of pathsOf(container)) {
          const mount = container.volumeMounts.find(
            ({ mountPath = "" }) => path === mountPath || path.startsWith(`${mountPath}/`),
          );
          const { secret, configMap, emptyDir } = spec.volumes.find((one: Plain) => one.name === mount?.name) ?? {};
          const source = secret
            ? sample.recorder.object("Secret", secret.secretName).inputs.stringData
            : configMap && sample.recorder.object("ConfigMap", configMap.name).inputs.data;
          const there = emptyDir ? mount.readOnly !== true : path.replace(`${mount?.mountPath}/`, "") in (source ?? {});
          expect([owner, container.name, path, there]).toEqual([owner, container.name, path, true]);
          found++;
        }
      }
    }
    expect(found).toBeGreaterThan(15);
  });

  it("the settings pods' Secrets are readable by the pod's group alone, and no container can change its input", () => {
    for (const pod of pods) {
      for (const { secret } of pod.spec.volumes) if (secret) expect(secret.defaultMode).toBe(0o440);
      expect(pod.spec.securityContext.fsGroup).toBe(65532); // of whom the files are then
      for (const { volumeMounts = [] } of containersOf(pod)) {
        const written = volumeMounts
          .filter(({ readOnly }: Plain) => !readOnly)
          .map(({ mountPath }: Plain) => mountPath);
        expect(written.filter((path: string) => path !== "/cache" && path !== "/tmp")).toEqual([]);
      }
    }
  });

  it("the settings tool applies one file, and the program before it replaces the web UI that the settings name", () => {
    const [{ resourceUrl }] = objectsOf(samplePlan(), "Application");
    const containers = pods.flatMap(containersOf);
    const tools = containers.filter(({ command }) => command?.[0]?.endsWith("stalwart-cli"));
    expect(tools.map(({ args }) => args?.slice(0, 2))).toEqual(tools.map(() => ["apply", "--file"]));
    const programs = containers.filter(({ name }) => name === "access");
    expect([tools.length, programs.length]).toEqual([4, 3]);
    for (const { args } of programs) expect(args).toContain(`--web-ui=${resourceUrl}`);
  });

  it("the settings pods end in time: before Pulumi's own limit, and in a schedule before the next run", () => {
    for (const name of ["stalwart-settings", "stalwart-reload"]) {
      expect(job(sample.recorder, name).inputs.spec.activeDeadlineSeconds).toBeLessThanOrEqual(300);
    }
  });

  it("the settings pods' restart of the server takes over an annotation that an earlier stack has set", () => {
    expect(patch(sample.recorder).inputs.metadata.annotations).toEqual({ "pulumi.com/patchForce": "true" });
    expect(patch(sample.recorder).dependencies).toContain(deployment(sample.recorder).urn);
  });
});
