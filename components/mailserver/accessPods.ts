import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { types } from "@pulumi/kubernetes";
import { names } from "../../config/names";
import type { Resources } from "../../config/types";
import type { HardenedContainerArgs } from "../shared/pod";

export interface AccessArgs {
  /** An image with Python 3. */
  readonly image: string;
  readonly resources: Resources;
  /** The server's URL, and its administrator's login. */
  readonly env: types.input.core.v1.EnvVar[];
  /** The one release of the web UI. */
  readonly webUi: string;
  /** The path of the plan, and the mount that it is in. */
  readonly plan: string;
  readonly settings: types.input.core.v1.VolumeMount;
}

/** The files of the program that compares the server's accounts with the declared ones. */
export const programs: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(join(__dirname, "program"))
    .filter((file) => file.endsWith(".py"))
    .sort()
    .map((file) => [file, readFileSync(join(__dirname, "program", file), "utf8")]),
);

/** Key of the Secret with the declared accounts. */
export const ACCOUNTS = "accounts.json";

const python = ["python3", "-B", "-u", "/program/before_settings.py"];
const result = "--result=/cache/result.json";
const volumeMounts = [
  { name: "program", mountPath: "/program", readOnly: true },
  { name: "accounts", mountPath: "/accounts", readOnly: true },
  { name: "cache", mountPath: "/cache" },
];

const compare = ({ image, resources, env, webUi }: AccessArgs, options: readonly string[]): HardenedContainerArgs => ({
  name: "access",
  image,
  resources,
  command: python,
  args: [...options, `--accounts=/accounts/${ACCOUNTS}`, `--web-ui=${webUi}`],
  env,
  volumeMounts,
});

/**
 * Runs before the plan is applied and always exits with 0: access must end even if the server refuses the plan, and a failure
 * here must not keep settings from being applied.
 */
export const accessContainer = (args: AccessArgs): HardenedContainerArgs => ({
  ...compare(args, [result, `--plan=${args.plan}`]),
  volumeMounts: [...volumeMounts, args.settings],
});

/** The same at the end of an update, with the comparison's exit code, so that `pulumi up` shows a failure. */
export const accessCheck = (args: AccessArgs): HardenedContainerArgs => compare(args, []);

/** Exits with the result of the comparison before it, in a scheduled run. */
export const accessReport = ({ image, resources }: AccessArgs): HardenedContainerArgs => ({
  name: "access-report",
  image,
  resources,
  command: python,
  args: [result, "--report"],
  volumeMounts,
});

export const accessVolumes: types.input.core.v1.Volume[] = [
  { name: "program", configMap: { name: names.access } },
  { name: "accounts", secret: { secretName: names.accounts, defaultMode: 0o440 } },
];
