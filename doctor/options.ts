import { existsSync } from "node:fs";
import { isIP } from "node:net";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { publicResolvers } from "./checks/dns/collect";

export const HELP = `npm run doctor [-- OPTIONS]

Checks whether mail comes in, goes out and can be read, and prints how to fix what does not work. It changes nothing, with two
exceptions: two short-lived pods test the network policies, and --send sends one message and removes it again.
Exits with 0 when everything works, 1 with warnings, 2 with failures or invalid options. What was not tested is "unknown", and
does not change the exit code.

  --stack NAME         the stack (default: the selected one), as NAME or ORGANIZATION/PROJECT/NAME
  --project FOLDER     the folder with Pulumi.yaml and the stack's file (default: this one)
  --kubeconfig FILE    the kubeconfig (default: kubectl's own)
  --context NAME       the context in it (default: the current one)
  --resolver ADDRESS   the DNS resolver to ask, instead of ${publicResolvers.join(" and ")}; may be repeated
  --no-pods            creates no pods, so the network policies are not tested
  --send               also sends a message through the provider to the first mailbox, waits for it and removes it
  --migration          also compares each migration's source with the mailbox here, and reports when it is safe to switch the MX record
  --json               prints JSON
  --watch              repeats a minute after each run, until Ctrl-C
  --pulumi, --kubectl FILE   the programs to use, if they are not on the PATH
`;

/** The options of every command about a stack. */
export const stackOptions = {
  stack: { type: "string" },
  project: { type: "string", default: path.join(__dirname, "..") },
  pulumi: { type: "string", default: "pulumi" },
  help: { type: "boolean", default: false },
} as const;

/** The further options of every command that uses the cluster. */
export const clusterOptions = {
  kubeconfig: { type: "string" },
  context: { type: "string" },
  kubectl: { type: "string", default: "kubectl" },
} as const;

const parse = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    options: {
      ...stackOptions,
      ...clusterOptions,
      resolver: { type: "string", multiple: true, default: [...publicResolvers] },
      "no-pods": { type: "boolean", default: false },
      send: { type: "boolean", default: false },
      migration: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      watch: { type: "boolean", default: false },
    },
  }).values;

export type Options = ReturnType<typeof parse>;

const address = /^(?:\[([^\]]+)\]|([^:]+))(?::\d{1,5})?$/;

/** An address in Node's format: 9.9.9.9, 127.0.0.1:53, 2620:fe::fe, [::1]:53. */
const isResolver = (text: string): boolean => {
  const [, bracketed, bare] = address.exec(text) ?? [];
  return isIP(bracketed ?? bare ?? text) !== 0;
};

/** The error about the folder of a project, in one line. */
export const projectProblem = (project: string): string | undefined =>
  existsSync(path.join(project, "Pulumi.yaml")) ? undefined : `--project: there is no Pulumi.yaml in ${project}`;

/** The error about the options that name the stack and the cluster, in one line. */
export function clusterProblem(options: Pick<Options, "kubeconfig" | "project" | "stack" | "context">) {
  const { kubeconfig, project, stack, context } = options;
  if (stack === "" || context === "") return `${stack === "" ? "--stack" : "--context"}: a name is missing`;
  if (kubeconfig !== undefined && !existsSync(kubeconfig)) return `--kubeconfig: there is no file ${kubeconfig}`;
  return projectProblem(project);
}

function problemWith(options: Options): string | undefined {
  const wrong = options.resolver.find((one) => !isResolver(one));
  if (wrong !== undefined) return `--resolver: ${wrong} is not an IP address`;
  return clusterProblem(options);
}

/** Node's message about an unknown option is several sentences long; the first one is enough. */
export const firstSentence = (problem: unknown): string =>
  (problem as Error).message.split("\n")[0]?.split(". ")[0] ?? String(problem);

/** The options, or the error about them in one line. */
export function readOptions(args: readonly string[]): Options | string {
  try {
    const options = parse(args);
    return (options.help ? undefined : problemWith(options)) ?? options;
  } catch (problem) {
    return firstSentence(problem);
  }
}
