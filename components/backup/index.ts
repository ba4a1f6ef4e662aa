import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as batch from "@pulumi/kubernetes/batch/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import * as rbac from "@pulumi/kubernetes/rbac/v1";
import { ComponentResource, type ComponentResourceOptions, type Input } from "@pulumi/pulumi";
import { labels, names } from "../../config/names";
import type { Resources, StackConfig } from "../../config/types";
import { hardenedPod } from "../shared/pod";
import { networkErrors, waitForUrl } from "../shared/waitForUrl";
import { GROUP } from "./snapshotClass";

export interface BackupArgs {
  readonly namespace: Input<string>;
  readonly snapshotClass: string;
  /** Schedule in cron format. */
  readonly schedule: StackConfig["backup"]["schedule"];
  /** How many usable snapshots of each claim are kept. */
  readonly keep: number;
  readonly claims: readonly Input<string>[];
  /** The fetchers' image has Python, the mail server's a shell and curl. */
  readonly images: Pick<StackConfig["images"], "fetchmail" | "stalwart">;
  readonly resources: { readonly settings: Resources };
}

const program = "snapshots.py";
const [programs, login] = ["/program", "/var/run/secrets/homelab-mail"];

/** The API server's token, valid for an hour, and its CA; hardened pods do not mount one by default. */
const loginVolume = {
  name: "login",
  projected: {
    defaultMode: 0o440,
    sources: [
      { serviceAccountToken: { path: "token", expirationSeconds: 3600 } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
    ],
  },
};

/** Scheduled VolumeSnapshots of the claims, by a CronJob that may only create, list and delete them in this namespace. */
export class Backup extends ComponentResource {
  constructor(name: string, args: BackupArgs, opts?: ComponentResourceOptions) {
    super("homelab-mail:backup:Backup", name, {}, opts);
    const childOpts = { parent: this };
    const { namespace, images, resources } = args;
    const metadata = { name: names.backup, namespace, labels: labels(names.backup) };

    const account = new core.ServiceAccount(names.backup, { metadata, automountServiceAccountToken: false }, childOpts);
    const role = new rbac.Role(
      names.backup,
      {
        metadata,
        rules: [{ apiGroups: [GROUP], resources: ["volumesnapshots"], verbs: ["create", "get", "list", "delete"] }],
      },
      childOpts,
    );
    const binding = new rbac.RoleBinding(
      names.backup,
      {
        metadata,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
        subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace }],
      },
      childOpts,
    );
    const code = new core.ConfigMap(
      names.backup,
      { metadata, data: { [program]: readFileSync(join(__dirname, "program", program), "utf8") } },
      childOpts,
    );
    new batch.CronJob(
      names.backup,
      {
        metadata,
        spec: {
          schedule: args.schedule,
          concurrencyPolicy: "Forbid",
          startingDeadlineSeconds: 3600, // if the node is down at that time, the run may start up to an hour later
          successfulJobsHistoryLimit: 1,
          failedJobsHistoryLimit: 2,
          jobTemplate: {
            metadata: { labels: labels(names.backup) },
            spec: {
              backoffLimit: 0, // each retry would leave a snapshot; the next scheduled run is the retry
              activeDeadlineSeconds: 1800,
              template: {
                metadata: { labels: labels(names.backup) },
                spec: hardenedPod({
                  user: 65534,
                  group: 65534,
                  restartPolicy: "Never",
                  serviceAccount: {
                    name: account.metadata.name,
                    reason: "snapshots are made by asking the API server for them",
                  },
                  initContainers: [
                    waitForUrl({
                      name: "network",
                      image: images.stalwart,
                      resources: resources.settings,
                      env: [],
                      url: "https://kubernetes.default.svc/readyz",
                      limit: 60,
                      unanswered: networkErrors,
                    }),
                  ],
                  containers: [
                    {
                      name: "snapshots",
                      image: images.fetchmail,
                      resources: resources.settings,
                      command: ["python3", "-B", `${programs}/${program}`],
                      args: [
                        "--namespace",
                        namespace,
                        "--class",
                        args.snapshotClass,
                        "--keep",
                        `${args.keep}`,
                        ...args.claims,
                      ],
                      volumeMounts: [
                        { name: "program", mountPath: programs, readOnly: true },
                        { name: "login", mountPath: login, readOnly: true },
                      ],
                    },
                  ],
                  volumes: [{ name: "program", configMap: { name: code.metadata.name } }, loginVolume],
                }),
              },
            },
          },
        },
      },
      { parent: this, dependsOn: [binding] },
    );
    this.registerOutputs();
  }
}
