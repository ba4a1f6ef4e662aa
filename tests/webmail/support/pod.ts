import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { webmailImage } from "../../rig/images/webmail";
import type { Recorder } from "../../support/recorder";
import { addresses } from "./addresses";
import { Server } from "./processes";

// biome-ignore lint/suspicious/noExplicitAny: rendered Kubernetes objects, read as plain data
type Rendered = any;

/**
 * Runs a Deployment's container from the objects that the stack renders: its user and group, its environment with values
 * from the rendered Secrets, its mounts with content from the rendered ConfigMaps and Secrets, a read-only root.
 */
export class Pod {
  private server: Server | undefined;

  constructor(
    private readonly recorder: Recorder,
    private readonly deployment: string,
    private readonly image: string,
    private readonly folder: string,
  ) {}

  get log(): string {
    return this.server?.output ?? "";
  }

  /** Starts it and waits for its port. A volume that is a claim keeps its content from one start to the next. */
  async start(): Promise<void> {
    const { spec } = this.recorder.object("Deployment", this.deployment).inputs.spec.template;
    const [container] = spec.containers;
    const script = join(this.folder, "pod.sh");
    writeFileSync(script, this.script(spec, container), { mode: 0o700 });
    this.server = Server.start("webmail pod", "unshare", ["--mount", "--propagation", "private", "bash", script]);
    await this.server.listening(addresses.pod, container.ports[0].containerPort);
  }

  async stop(): Promise<void> {
    await this.server?.stop();
  }

  private script(spec: Rendered, container: Rendered): string {
    const { runAsUser: user, runAsGroup: group, fsGroup } = spec.securityContext;
    const { Entrypoint, Cmd, WorkingDir } = webmailImage;
    // As a kubelet does: with a command of its own, a container does without the image's.
    const { command = Entrypoint, args = container.command ? [] : Cmd, workingDir = WorkingDir } = container;
    const root = join(this.folder, "root");
    mkdirSync(root, { recursive: true });
    const env = container.env.map((e: Rendered) => `${e.name}=${this.secret(e.valueFrom.secretKeyRef)}`);
    const mounts = container.volumeMounts.flatMap((mount: Rendered) => this.mount(spec, mount, root, fsGroup));
    const systems = ["usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "usr/share"];
    const q = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
    return [
      "set -e",
      // A real pipe that the user owns, as a container runtime gives it: servers open /dev/stderr by name.
      "exec > >(exec cat) 2>&1",
      `chown ${user} /proc/self/fd/1`,
      `mount --bind ${q(this.image)} ${q(root)}`,
      ...systems.map(
        (path) => `if [ -d /${path} ]; then mkdir -p ${root}/${path}; mount --bind /${path} ${root}/${path}; fi`,
      ),
      `mount --rbind /proc ${root}/proc`,
      `mount --rbind /dev ${root}/dev`,
      ...mounts,
      `mount -o remount,bind,ro ${q(root)}`,
      ...systems.map((path) => `if [ -d /${path} ]; then mount -o remount,bind,ro ${root}/${path}; fi`),
      `exec env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin ${env.map(q).join(" ")} \\`,
      `  setpriv --no-new-privs chroot --groups=${fsGroup} --userspec=${user}:${group} ${q(root)} \\`,
      `  sh -c 'cd "$0" && exec "$@"' ${[workingDir, ...command, ...args].map(q).join(" ")}`,
      "",
    ].join("\n");
  }

  private secret({ name, key }: { name: string; key: string }): string {
    return this.recorder.object("Secret", name).inputs.stringData[key];
  }

  private mount(spec: Rendered, mount: Rendered, root: string, fsGroup: number): string[] {
    const volume = spec.volumes.find((v: Rendered) => v.name === mount.name);
    const target = `${root}${mount.mountPath}`;
    if (volume.emptyDir) {
      const options = `size=${volume.emptyDir.sizeLimit.replace("i", "")},mode=2777,gid=${fsGroup}`;
      return [`mount -t tmpfs -o ${options} tmpfs '${target}'`];
    }
    if (volume.persistentVolumeClaim) {
      const data = join(this.folder, `claim-${volume.persistentVolumeClaim.claimName}`);
      mkdirSync(data, { recursive: true });
      execFileSync("chgrp", [String(fsGroup), data]);
      execFileSync("chmod", ["2775", data]);
      return [`mount --bind '${data}' '${target}'`];
    }
    if (volume.secret) {
      const { secretName, defaultMode } = volume.secret;
      const source = join(this.folder, "mounts", secretName);
      mkdirSync(source, { recursive: true });
      for (const [key, text] of Object.entries<string>(this.recorder.object("Secret", secretName).inputs.stringData)) {
        const file = join(source, key);
        rmSync(file, { force: true });
        writeFileSync(file, text, { mode: defaultMode });
        execFileSync("chgrp", [String(fsGroup), file]);
      }
      return [
        `mkdir -p '${target}'`, // a container runtime makes mount points that the image does not have
        `mount --bind '${source}' '${target}'`,
        `mount -o remount,bind,ro '${target}'`,
      ];
    }
    const { data } = this.recorder.object("ConfigMap", volume.configMap.name).inputs;
    const source = join(this.folder, "mounts", mount.subPath);
    mkdirSync(dirname(source), { recursive: true });
    writeFileSync(source, data[mount.subPath], { mode: 0o644 });
    return [`touch '${target}'`, `mount --bind '${source}' '${target}'`, `mount -o remount,bind,ro '${target}'`];
  }
}
