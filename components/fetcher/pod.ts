import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { types } from "@pulumi/kubernetes";
import { type Input, interpolate, type Output } from "@pulumi/pulumi";
import { addressKey, names, passwordKey, ports, sourceKey } from "../../config/names";
import type { Endpoint, Mailbox, Resources, Source } from "../../config/types";
import type { CaBundleParts } from "../shared/caBundle";
import { hardenedPod } from "../shared/pod";

export interface FetcherPodArgs {
  readonly mailbox: Mailbox;
  readonly imap: Endpoint;
  /** The mail server's name inside the cluster. */
  readonly mailServerHost: Input<string>;
  readonly image: string;
  readonly resources: Resources;
  /** Name of the ConfigMap with the programs and fetchmail's configuration. */
  readonly program: Input<string>;
  /** Custom CAs that may have issued the provider's certificate. */
  readonly caBundle: CaBundleParts;
  /** Names of the Secrets with passwords and addresses. */
  readonly credentials: Input<string>;
  readonly addresses: Input<string>;
}

/**
 * The user `nobody`: fetchmail looks up its user in /etc/passwd and does not start without an entry ("You don't exist. Go
 * away."). Every Debian and Alpine image has 65534.
 */
const USER = 65534;

const program = "/etc/fetcher/program";
const credentials = "/etc/fetcher/credentials";
const state = "/run/fetcher";

/** The program that runs in the pod, by file name: all Python files of its folder. */
export const programs: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(join(__dirname, "program"))
    .filter((file) => file.endsWith(".py"))
    .sort()
    .map((file) => [file, readFileSync(join(__dirname, "program", file), "utf8")]),
);

/** The files of the ConfigMap that a mailbox's pod uses. */
export function programFiles(mailbox: Mailbox): string[] {
  const junk = mailbox.folders.includes("Junk") ? ["junk.fetchmailrc"] : [];
  const sources = mailbox.sources.length > 0 ? ["source.fetchmailrc"] : [];
  return [...Object.keys(programs), "inbox.fetchmailrc", ...junk, ...sources];
}

/** The supervisor's arguments for one mailbox. */
function supervisorArgs({ mailbox, imap, mailServerHost }: FetcherPodArgs): (string | Output<string>)[] {
  return [
    `--mailbox=${mailbox.name}`,
    `--imap=${imap.host}:${imap.port}`,
    interpolate`--sink=${mailServerHost}:${ports.smtp}`,
    ...(mailbox.folders.includes("Junk") ? [interpolate`--junk-sink=${mailServerHost}:${ports.junk}`] : []),
    `--retention=${mailbox.retention}`,
    ...mailbox.sources.map(({ name, imap: { host, port }, retention, folders }) =>
      folders.includes("Junk")
        ? interpolate`--source=${name},${host}:${port},${retention},${mailServerHost}:${ports.junk}`
        : `--source=${name},${host}:${port},${retention}`,
    ),
    `--program=${program}`,
    `--credentials=${credentials}`,
    `--state=${state}`,
    `--http=${ports.fetcherHttp}`,
  ];
}

/** In a folder of their own, because a source may have the same name as one of the pod's files. */
const sourceItems = (mailbox: string, { name }: Source) =>
  (["user", "password"] as const).map((what) => ({
    key: sourceKey(mailbox, name, what),
    path: `sources/${name}/${what}`,
  }));

/** One mailbox's pod. It mounts the password and address of this mailbox only. */
export function fetcherPod(args: FetcherPodArgs): types.input.core.v1.PodSpec {
  const { mailbox, caBundle } = args;
  return hardenedPod({
    user: USER,
    group: USER,
    ...(caBundle.initContainers.length > 0 && { initContainers: caBundle.initContainers }),
    containers: [
      {
        name: names.fetchmail,
        image: args.image,
        resources: args.resources,
        command: ["python3", "-B", "-u", `${program}/supervisor.py`], // -B: no compiled files, the file system is read-only
        args: supervisorArgs(args),
        ...(caBundle.env.length > 0 && { env: caBundle.env }),
        ports: [{ name: "http", containerPort: ports.fetcherHttp }],
        volumeMounts: [
          { name: "program", mountPath: program, readOnly: true },
          { name: "credentials", mountPath: credentials, readOnly: true },
          { name: "state", mountPath: state },
          ...caBundle.volumeMounts,
        ],
        livenessProbe: {
          httpGet: { path: "/live", port: "http" },
          initialDelaySeconds: 10,
          periodSeconds: 20,
          timeoutSeconds: 5,
          failureThreshold: 6,
        },
        // A command, because `kubectl describe` shows the output of a command, but not the body of an HTTP response.
        readinessProbe: {
          exec: {
            command: [
              "sh",
              "-c",
              `if [ -s ${state}/trouble ]; then cat ${state}/trouble; exit 1; fi; test -e ${state}/trouble`,
            ],
          },
          periodSeconds: 5,
          timeoutSeconds: 5,
          failureThreshold: 2,
        },
      },
    ],
    volumes: [
      {
        name: "program",
        configMap: { name: args.program },
      },
      {
        name: "credentials",
        projected: {
          defaultMode: 0o440,
          sources: [
            { secret: { name: args.credentials, items: [{ key: passwordKey(mailbox.name), path: "password" }] } },
            { secret: { name: args.addresses, items: [{ key: addressKey(mailbox.name), path: "address" }] } },
            // When a source is removed, its keys are deleted before the pod is replaced: a pod that starts in between must not wait for them.
            ...mailbox.sources.map((source) => ({
              secret: { name: args.credentials, items: sourceItems(mailbox.name, source), optional: true },
            })),
          ],
        },
      },
      { name: "state", emptyDir: { sizeLimit: "16Mi" } },
      ...caBundle.volumes,
    ],
  });
}
