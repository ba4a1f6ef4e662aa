import { existsSync } from "node:fs";
import { isIP } from "node:net";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { publicResolvers } from "./checks/dns/collect";

export const HELP = `npm run doctor [-- OPTIONS]

Looks whether mail comes in, goes out and can be read, and says what mends what does not work. Reads, and changes nothing:
only two short-lived pods try the network policies, and --send sends one message and removes it again.
Ends with 0 when all is well, 1 with warnings, 2 with failures or options that it does not take. What was not tested is
"unknown" and changes nothing about that.

  --stack NAME         the stack; without it the selected one
  --project FOLDER     the folder with Pulumi.yaml and the stack's file; without it this one
  --kubeconfig FILE    without it kubectl's own choice
  --context NAME       the context in it
  --resolver ADDRESS   who is asked for DNS records, instead of ${publicResolvers.join(" and ")}; may be repeated
  --no-pods            makes no pods, and leaves the network policies untested
  --send               also sends a message through the provider to the first mailbox, waits for it and removes it
  --migration          also compares each migration's source with the mailbox here, and says when to switch the MX record
  --json               the same for programs
  --watch              looks again and again, a minute after the last time, until Ctrl-C
  --pulumi, --kubectl FILE   the programs to ask, where they are not on the PATH
`;

/** What every command about a stack takes. */
export const stackOptions = {
  stack: { type: "string" },
  project: { type: "string", default: path.join(__dirname, "..") },
  pulumi: { type: "string", default: "pulumi" },
  help: { type: "boolean", default: false },
} as const;

/** What every command that reaches the cluster takes besides. */
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

/** An address as Node takes it: 9.9.9.9, 127.0.0.1:53, 2620:fe::fe, [::1]:53. */
const isResolver = (text: string): boolean => {
  const [, bracketed, bare] = address.exec(text) ?? [];
  return isIP(bracketed ?? bare ?? text) !== 0;
};

/** What is wrong with the folder of a project, in one line. */
export const projectProblem = (project: string): string | undefined =>
  existsSync(path.join(project, "Pulumi.yaml")) ? undefined : `--project: there is no Pulumi.yaml in ${project}`;

/** What is wrong with the options that name the stack and the cluster, in one line. */
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

/** What Node says of an option that it does not know takes several sentences; the first one is enough. */
export const firstSentence = (problem: unknown): string =>
  (problem as Error).message.split("\n")[0]?.split(". ")[0] ?? String(problem);

/** The options, or what is wrong with them in one line. */
export function readOptions(args: readonly string[]): Options | string {
  try {
    const options = parse(args);
    return (options.help ? undefined : problemWith(options)) ?? options;
  } catch (problem) {
    return firstSentence(problem);
  }
}
