import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Recorder } from "../../support/recorder";

export interface VolumesOptions {
  readonly folder: string;
  /** The rendered stack: the ConfigMaps and Secrets that are mounted. */
  readonly stack: Recorder;
  /** Changes mounted files before the start: for breaking things on purpose. */
  readonly tamper?: (file: string, content: string) => string;
  /** How many bytes fit into each folder that the pod may write to. @default as many as this machine has */
  readonly stateSize?: number;
}

type Files = ReadonlyMap<string, string>;

/** What a pod mounts, made as the kubelet makes it. */
export class Volumes {
  private readonly paths = new Map<string, string>();
  private readonly group: number;
  private revision = 0;

  // biome-ignore lint/suspicious/noExplicitAny: rendered objects, as the recorder has them
  constructor(pod: any, { folder, stack, tamper, stateSize }: VolumesOptions) {
    this.group = pod.securityContext.fsGroup;
    for (const volume of pod.volumes) {
      const path = join(folder, volume.name);
      mkdirSync(path, { recursive: true });
      this.paths.set(volume.name, path);
      if (volume.emptyDir) {
        if (stateSize !== undefined) execFileSync("mount", ["-t", "tmpfs", "-o", `size=${stateSize}`, "tmpfs", path]);
        chownSync(path, 0, this.group);
        chmodSync(path, 0o2777);
      } else if (volume.configMap) {
        const { name, items, defaultMode = 0o644 } = volume.configMap;
        this.swap(path, configured(stack, name, items, tamper), defaultMode | 0o440);
      } else {
        const { sources, defaultMode = 0o644 } = volume.projected;
        this.swap(path, secrets(stack, sources), defaultMode | 0o440);
      }
    }
  }

  /** Where a volume's files are on this machine. */
  path(name: string): string {
    return this.paths.get(name) as string;
  }

  /** What `pulumi up` with a new password comes to in a running pod. */
  rotate(password: string): void {
    const path = this.path("credentials");
    const address = readFileSync(join(path, "address"), "utf8");
    const files = new Map([
      ["address", address],
      ["password", password],
    ]);
    this.swap(path, files, 0o440);
  }

  /** Writes files as the kubelet does: a fresh folder, then one symlink swapped. */
  private swap(path: string, files: Files, mode: number): void {
    this.revision += 1;
    const fresh = `..${this.revision}`;
    mkdirSync(join(path, fresh), { mode: 0o755 });
    for (const [file, content] of files) {
      mkdirSync(dirname(join(path, fresh, file)), { recursive: true, mode: 0o755 });
      writeFileSync(join(path, fresh, file), content);
      chownSync(join(path, fresh, file), 0, this.group);
      chmodSync(join(path, fresh, file), mode);
    }
    rmSync(join(path, "..data_tmp"), { force: true });
    symlinkSync(fresh, join(path, "..data_tmp"));
    renameSync(join(path, "..data_tmp"), join(path, "..data"));
    for (const file of new Set([...files.keys()].map((name) => name.split("/")[0] as string))) {
      rmSync(join(path, file), { force: true });
      symlinkSync(`..data/${file}`, join(path, file));
    }
  }
}

interface Item {
  readonly key: string;
  readonly path: string;
}

function configured(
  stack: Recorder,
  name: string,
  items: readonly Item[] | undefined,
  tamper: VolumesOptions["tamper"],
): Files {
  const data: Record<string, string> = stack.object("ConfigMap", name).inputs.data;
  const files = items ?? Object.keys(data).map((key) => ({ key, path: key }));
  return new Map(
    files.map(({ key, path }) => {
      const content = data[key] as string;
      return [path, tamper?.(path, content) ?? content];
    }),
  );
}

function secrets(
  stack: Recorder,
  sources: readonly { readonly secret: { readonly name: string; readonly items: readonly Item[] } }[],
): Files {
  const files = new Map<string, string>();
  for (const { secret } of sources) {
    const data: Record<string, string> = stack.object("Secret", secret.name).inputs.stringData;
    for (const { key, path } of secret.items) {
      const content = data[key];
      if (content === undefined) throw new Error(`Secret ${secret.name} has no key ${key}`);
      files.set(path, content);
    }
  }
  return files;
}
