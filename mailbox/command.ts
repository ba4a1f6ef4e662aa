import * as path from "node:path";
import { clusterOptions, clusterProblem, firstSentence, stackOptions } from "../doctor/options";
import { redactor } from "../doctor/redact";
import { printable } from "./progress";

/** The options of every command about a mailbox. */
export const mailboxOptions = { ...stackOptions, ...clusterOptions, mailbox: { type: "string" } } as const;

export const mailboxHelp = `  --stack NAME         the stack; without it the selected one
  --mailbox NAME       the mailbox, as it is called in the configuration
  --project FOLDER     the folder with Pulumi.yaml and the stack's file; without it this one
  --kubeconfig FILE    without it kubectl's own choice
  --context NAME       the context in it
  --pulumi, --kubectl FILE   the programs, where they are not on the PATH
`;

/** The options with the values that follow from them; throws a one-line error. */
export function checked<
  T extends { project: string; mailbox?: string; kubeconfig?: string; stack?: string; context?: string },
>(values: T): T & { readonly mailbox: string } {
  const project = path.resolve(values.project);
  const problem = clusterProblem({ ...values, project } as never);
  if (problem !== undefined) throw new Error(problem);
  if (!values.mailbox)
    throw new Error("--mailbox is missing: the mailbox's name, as it is called in the configuration");
  return { ...values, project, mailbox: values.mailbox };
}

/** Fires at the first Ctrl-C; the second one ends the process at once. */
export function interruptible(say: (text: string) => void, text: string): AbortSignal {
  const stop = new AbortController();
  process.once("SIGINT", () => {
    say(text);
    stop.abort();
    process.once("SIGINT", () => process.exit(130));
  });
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}

/** Runs a command and returns its exit code, or 2 with a one-line message for any error. The output contains no secret. */
export function runCommand(main: (secrets: string[]) => Promise<number>): void {
  const secrets: string[] = [];
  main(secrets).then(
    (code) => process.stdout.write("", () => process.exit(code)),
    (problem) => {
      const text = problem instanceof TypeError ? firstSentence(problem) : String((problem as Error).message);
      console.error(printable(redactor(secrets)(text)));
      process.exit(2);
    },
  );
}
