import type { types } from "@pulumi/kubernetes";
import { type Input, output } from "@pulumi/pulumi";
import { labels, mailServerHost, names, ports } from "../../config/names";
import type { Resources } from "../../config/types";
import { webUiFor } from "../../config/webUi";
import { type HardenedContainerArgs, hardenedPod } from "../shared/pod";
import { waiting } from "../shared/waiting";
import { type AccessArgs, accessCheck, accessContainer, accessReport, accessVolumes } from "./accessPods";
import { ringing } from "./heartbeat";
import type { PlanArgs } from "./plan";

export interface SettingsPodArgs {
  readonly namespace: Input<string>;
  /** What the settings are made of. */
  readonly plan: PlanArgs;
  /** Image with stalwart-cli. */
  readonly image: string;
  /** Image of the mail server, whose shell and curl wait for it: the image with the command line tool has neither. */
  readonly serverImage: string;
  /** Image with Python 3, for the program that compares accounts. */
  readonly pythonImage: string;
  readonly resources: Resources;
}

export const PLAN = "plan.ndjson";
export const RELOAD = "reload.ndjson";
/** Seconds. The server is up before `pulumi up` comes here; after a power cut it may not be. */
const WAIT_LIMIT = 60;

export type Step = "apply" | "reload";

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

/** Runs the command line tool on one file of the settings. It tries once. */
function cliContainer(step: Step, args: SettingsPodArgs): HardenedContainerArgs {
  return {
    name: step,
    image: args.image,
    command: ["/usr/local/bin/stalwart-cli"],
    args: ["apply", "--file", `/settings/${step === "apply" ? PLAN : RELOAD}`],
    resources: args.resources,
    env: [...login(args), { name: "XDG_CACHE_HOME", value: "/cache" }], // it keeps the server's schema there
    volumeMounts: [
      { name: "settings", mountPath: "/settings", readOnly: true },
      { name: "cache", mountPath: "/cache" },
    ],
  };
}

const accessArgs = (args: SettingsPodArgs): AccessArgs => ({
  image: args.pythonImage,
  resources: args.resources,
  env: login(args),
  webUi: webUiFor(args.plan.images.stalwart).url,
});

/** What a pod applies: the settings in a Secret, or the reload, which holds nothing. */
const settingsVolume = (step: Step, secretName: Input<string>): types.input.core.v1.Volume => ({
  name: "settings",
  ...(step === "apply" ? { secret: { secretName, defaultMode: 0o440 } } : { configMap: { name: names.reload } }),
});

interface RunArgs {
  /** Whether a CronJob runs it, or an update. */
  readonly scheduled: boolean;
  /** Name of the Secret with the address that is asked after a run that went well. @default none is */
  readonly heartbeat?: Input<string> | undefined;
  /** What is waited for besides the server. @default nothing */
  readonly before?: readonly HardenedContainerArgs[] | undefined;
}

/** A pod that waits until the server answers, runs one step, and is done: whatever comes of it, it is not tried again. */
export function jobSpec(
  step: Step,
  secretName: Input<string>,
  args: SettingsPodArgs,
  { scheduled, heartbeat, before = [] }: RunArgs,
): types.input.batch.v1.JobSpec {
  const cli = cliContainer(step, args);
  const access = accessArgs(args);
  const ring =
    heartbeat === undefined
      ? undefined
      : ringing({ image: args.serverImage, resources: args.resources, secretName: heartbeat });
  const applies = step === "apply";
  // During an update the comparison's failure is told by the last Job, which nothing waits for.
  const told = applies === scheduled ? [applies ? accessReport(access) : accessCheck(access)] : [];
  return {
    backoffLimit: 0,
    // A drained node or an eviction is no answer of the server's.
    podFailurePolicy: {
      rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
    },
    activeDeadlineSeconds: 300, // before Pulumi gives up on it, whose message would say less
    template: {
      metadata: { labels: labels(names.settings) },
      spec: hardenedPod({
        user: 65532, // the command line tool's own
        group: 65532,
        restartPolicy: "Never", // the failure's message stays readable
        initContainers: [
          waiting({
            name: "server",
            image: args.serverImage,
            resources: args.resources,
            env: [serverUrl(args)],
            url: '"$STALWART_URL/healthz/ready"',
            limit: WAIT_LIMIT,
          }),
          ...before,
          ...(applies ? [accessContainer(access)] : []),
          ...(ring === undefined ? [] : [cli, ...told]),
        ],
        containers: ring === undefined ? [cli, ...told] : [ring],
        volumes: [
          settingsVolume(step, secretName),
          { name: "cache", emptyDir: { sizeLimit: "64Mi" } },
          ...(applies || told.length > 0 ? accessVolumes : []),
        ],
      }),
    },
  };
}
