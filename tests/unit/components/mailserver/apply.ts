import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Body } from "../../../../components/mailserver/operations";
import { type PlanArgs, renderPlan } from "../../../../components/mailserver/plan";
import { defaultImages } from "../../../../config/images";

const root = resolve(__dirname, "../../../..");
const SCHEMA = resolve(root, "../shared/stalwart/schema.json");

/** What one run of a plan did. */
interface Run {
  readonly created?: number;
  readonly destroyed?: number;
  /** Kinds of what had another value at any time during the run. */
  readonly changed?: readonly string[];
  /** What the server has afterwards for each object of the plan, with names in the place of ids. */
  readonly made?: readonly (readonly [kind: string, value: Body])[];
  readonly refused?: string;
}

export interface Applied {
  readonly runs: readonly Run[];
  /** What became of objects that are not the stack's, by kind: "kept", "gone", or what they are now. */
  readonly foreign: Readonly<Record<string, unknown>>;
}

/** The plan for the release that is deployed by default; the fake knows what it has that the schema's release has not. */
export const rendered = (args: PlanArgs): string => renderPlan({ ...args, images: defaultImages });

/** Plans that are applied one after another to one server. */
interface Server {
  readonly plans: readonly string[];
  /** What the program that runs before each plan is told, if it runs: the declared accounts. */
  readonly accounts?: readonly object[];
  /** Whether the server has objects of others. */
  readonly used?: boolean;
}

/** Applies plans to fakes of the server. */
export function apply(servers: readonly Server[]): Applied[] {
  const { stdout, stderr, status } = spawnSync("python3", ["-B", resolve(__dirname, "apply.py")], {
    input: JSON.stringify(servers),
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    env: { ...process.env, ...(existsSync(SCHEMA) && { STALWART_SCHEMA: SCHEMA }) },
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
