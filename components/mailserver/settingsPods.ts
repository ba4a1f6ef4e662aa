import type { types } from "@pulumi/kubernetes";
import { type Input, output } from "@pulumi/pulumi";
import { labels, mailServerHost, names, ports } from "../../config/names";
import type { Resources } from "../../config/types";
import { webUiFor } from "../../config/webUi";
import { type HardenedContainerArgs, hardenedPod } from "../shared/pod";
import { waitForUrl } from "../shared/waitForUrl";
import { type AccessArgs, accessCheck, accessContainer, accessReport, accessVolumes } from "./accessPods";
import { heartbeatContainer } from "./heartbeat";
import type { PlanArgs } from "./plan";

export interface SettingsPodArgs {
  readonly namespace: Input<string>;
  /** The values that the settings are rendered from. */
  readonly plan: PlanArgs;
  /** Image with stalwart-cli. */
  readonly image: string;
  /** Image of the mail server, which has the shell and curl to wait for it: the command line tool's image has neither. */
  readonly serverImage: string;
  /** Image with Python 3, for the program that compares accounts. */
  readonly pythonImage: string;
  readonly resources: Resources;
}

export const PLAN = "plan.ndjson";
export const RELOAD = "reload.ndjson";
/** Seconds. In an update, the server is already running; after a power cut, it may not be. */
const WAIT_LIMIT = 60;

export type Step = "apply" | "reload";

const settings = { name: "settings", mountPath: "/settings", readOnly: true };

const serverUrl = (args: SettingsPodArgs): types.input.core.v1.EnvVar => ({
  name: "STALWART_URL",
  value: output(args.namespace).apply((space) => `http://${mailServerHost(space)}:${ports.stalwartHttp}`),
});

/** The server's address, and its administrator's login. */
export const login = (args: SettingsPodArgs): types.input.core.v1.EnvVar[] => [
  serverUrl(args),
  { name: "STALWART_USER", value: "admin" },
  { name: "STALWART_PASSWORD", valueFrom: { secretKeyRef: { name: names.secrets.admin, key: "password" } } },
];

/** Runs the command line tool on one file of the settings, without retries. */
function cliContainer(step: Step, args: SettingsPodArgs): HardenedContainerArgs {
  return {
    name: step,
    image: args.image,
    command: ["/usr/local/bin/stalwart-cli"],
    args: ["apply", "--file", `${settings.mountPath}/${step === "apply" ? PLAN : RELOAD}`],
    resources: args.resources,
    env: [...login(args), { name: "XDG_CACHE_HOME", value: "/cache" }], // it caches the server's schema there
    volumeMounts: [settings, { name: "cache", mountPath: "/cache" }],
  };
}

const accessArgs = (args: SettingsPodArgs): AccessArgs => ({
  image: args.pythonImage,
  resources: args.resources,
  env: login(args),
  webUi: webUiFor(args.plan.images.stalwart).url,
  plan: `${settings.mountPath}/${PLAN}`,
  settings,
});

/** What a pod applies: the settings, in a Secret, or the reload, which has no confidential content. */
const settingsVolume = (step: Step, secretName: Input<string>): types.input.core.v1.Volume => ({
  name: "settings",
  ...(step === "apply" ? { secret: { secretName, defaultMode: 0o440 } } : { configMap: { name: names.reload } }),
});

interface RunArgs {
  /** Whether a CronJob runs it, or an update. */
  readonly scheduled: boolean;
  /** Name of the Secret with the URL that is pinged after a successful run. @default none */
  readonly heartbeat?: Input<string> | undefined;
  /** Init containers that run between the wait for the server and the step. @default none */
  readonly before?: readonly HardenedContainerArgs[] | undefined;
}

/** A Job that waits until the server responds, and runs one step once, without retries. */
export function jobSpec(
  step: Step,
  secretName: Input<string>,
  args: SettingsPodArgs,
  { scheduled, heartbeat, before = [] }: RunArgs,
): types.input.batch.v1.JobSpec {
  const cli = cliContainer(step, args);
  const access = accessArgs(args);
  const ping =
    heartbeat === undefined
      ? undefined
      : heartbeatContainer({ image: args.serverImage, resources: args.resources, secretName: heartbeat });
  const applies = step === "apply";
  // During an update, the last Job reports a failed comparison, because no resource depends on it.
  const report = applies === scheduled ? [applies ? accessReport(access) : accessCheck(access)] : [];
  return {
    backoffLimit: 0,
    // A drained node or an eviction does not mean that the settings are invalid.
    podFailurePolicy: {
      rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
    },
    activeDeadlineSeconds: 300, // shorter than Pulumi's own timeout, whose message is less specific
    template: {
      metadata: { labels: labels(names.settings) },
      spec: hardenedPod({
        user: 65532, // the command line tool's own
        group: 65532,
        restartPolicy: "Never", // keeps the error message of the failed container
        initContainers: [
          waitForUrl({
            name: "server",
            image: args.serverImage,
            resources: args.resources,
            env: [serverUrl(args)],
            url: '"$STALWART_URL/healthz/ready"',
            limit: WAIT_LIMIT,
          }),
          ...before,
          ...(applies ? [accessContainer(access)] : []),
          ...(ping === undefined ? [] : [cli, ...report]),
        ],
        containers: ping === undefined ? [cli, ...report] : [ping],
        volumes: [
          settingsVolume(step, secretName),
          { name: "cache", emptyDir: { sizeLimit: "64Mi" } },
          ...(applies || report.length > 0 ? accessVolumes : []),
        ],
      }),
    },
  };
}
