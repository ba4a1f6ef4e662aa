import type { types } from "@pulumi/kubernetes";
import { type Input, interpolate, output } from "@pulumi/pulumi";
import { labels, migrationName, names, ports } from "../../config/names";
import type { Migration, StackConfig } from "../../config/types";
import type { CaBundleParts } from "../shared/caBundle";
import { hardenedPod } from "../shared/pod";
import { imapsyncArguments, places } from "./arguments";

export interface MigrationPodArgs {
  readonly migration: Migration;
  /** The mail server's name inside the cluster, and in its certificate. */
  readonly mailServerHost: Input<string>;
  readonly mailHost: string;
  /** The fetchers' image has Python. */
  readonly images: Pick<StackConfig["images"], "imapsync" | "fetchmail">;
  readonly resources: Pick<StackConfig["resources"], "imapsync" | "settings">;
  readonly caBundle: CaBundleParts;
}

/** The user `nobody`, as in the image itself. */
const NOBODY = 65534;

/** Seconds. With Google's download limit, 30 GB take twelve days. */
const LONGEST_RUN = 14 * 86_400;

/**
 * imapsync logs its progress. The last part of its output, from the statistics on, is the summary of a run: it becomes the
 * container's termination message, which may have 4096 bytes. The image's stop signal is SIGINT, on which imapsync reconnects:
 * it gets SIGTERM instead, and exits.
 */
export const runScript = (source: string, work: string, message: string): string => `
mkfifo ${work}/output ${work}/last || exit 1
tail -n 60 <${work}/last >${work}/end &
kept=$!
tee ${work}/last <${work}/output &
told=$!
imapsync --user1 "$(cat ${source}/user)" --user2 "$(cat ${source}/account)" "$@" >${work}/output 2>&1 &
run=$!
trap 'kill -TERM $run 2>/dev/null' INT TERM
wait $run
code=$?
while kill -0 $run 2>/dev/null; do
  wait $run
  code=$?
done
wait $told
wait $kept
if grep -q '^++++' ${work}/end; then sed -n '/^++++/,$p' ${work}/end; else tail -n 12 ${work}/end; fi |
  head -c 4000 >${message}
exit $code
`;

/** imapsync's exit codes after which a retry would fail again: invalid arguments, no space left, a login that the source refuses. */
const FINAL = [64, 113, 161];

/**
 * Two containers, each with one secret. `credentials` has the administrator's password: it creates an app password in the
 * mailbox owner's name, waits, and revokes it when imapsync has ended, successfully or not. imapsync has that app password
 * and the source's login.
 */
export function jobSpec(args: MigrationPodArgs): types.input.batch.v1.JobSpec {
  const { migration, caBundle } = args;
  const object = migrationName(migration.name);
  const items = (...keys: string[]) => keys.map((key) => ({ key, path: key }));
  const credentials = { name: "credentials", mountPath: "/credentials" };
  return {
    backoffLimit: 6,
    activeDeadlineSeconds: LONGEST_RUN,
    podFailurePolicy: {
      rules: [
        { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
        { action: "FailJob", onExitCodes: { containerName: "imapsync", operator: "In", values: FINAL } },
      ],
    },
    template: {
      metadata: { labels: labels(names.migration, object), annotations: { ...caBundle.annotations } },
      spec: hardenedPod({
        user: NOBODY,
        group: NOBODY,
        restartPolicy: "Never",
        terminationGracePeriodSeconds: 60,
        initContainers: [
          ...caBundle.initContainers,
          {
            name: "credentials",
            image: args.images.fetchmail,
            resources: args.resources.settings,
            restartPolicy: "Always", // a sidecar: it starts before imapsync and is stopped after it
            command: ["python3", "-B", "-u", "/program/app_password.py"],
            args: [
              `--migration=${migration.name}`,
              interpolate`--url=http://${args.mailServerHost}:${ports.stalwartHttp}`,
              "--login=/login",
              `--password-file=${places.password}`,
            ],
            volumeMounts: [
              credentials,
              { name: "login", mountPath: "/login", readOnly: true },
              { name: "program", mountPath: "/program", readOnly: true },
            ],
            // imapsync starts once the password exists.
            startupProbe: {
              exec: { command: ["test", "-s", places.password] },
              periodSeconds: 2,
              failureThreshold: 600,
            },
          },
        ],
        containers: [
          {
            name: "imapsync",
            image: args.images.imapsync,
            resources: args.resources.imapsync,
            command: ["sh", "-c", runScript(places.source, places.work, "/dev/termination-log"), "imapsync"],
            args: output(args.mailServerHost).apply((host) =>
              imapsyncArguments(migration, { host, certificateName: args.mailHost }),
            ) as unknown as Input<string>[],
            env: [{ name: "HOME", value: places.work }, ...caBundle.env],
            volumeMounts: [
              { ...credentials, readOnly: true },
              { name: "source", mountPath: places.source, readOnly: true },
              { name: "work", mountPath: places.work },
              { name: "tmp", mountPath: "/tmp" },
              ...caBundle.volumeMounts,
            ],
          },
        ],
        volumes: [
          { name: "credentials", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
          { name: "program", configMap: { name: names.access } },
          {
            name: "login",
            projected: {
              defaultMode: 0o440,
              sources: [
                { secret: { name: names.secrets.admin, items: items("password") } },
                { secret: { name: object, items: items("account") } },
              ],
            },
          },
          {
            name: "source",
            secret: { secretName: object, items: items("user", "password", "account"), defaultMode: 0o440 },
          },
          { name: "work", emptyDir: { sizeLimit: "1Gi" } },
          { name: "tmp", emptyDir: { sizeLimit: "1Gi" } },
          ...caBundle.volumes,
        ],
      }),
    },
  };
}
