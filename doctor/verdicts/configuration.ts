import type { ConfigurationObservation } from "../observe/configuration";
import { type Catalogue, speaker, type Verdict } from "../verdict";

export const configurationTexts = {
  loads: {
    title: "configuration",
    looks: "that the stack's configuration can be read and is whole, as `pulumi up` would read it",
    ok: "{count} of {domain}",
    troubles: {
      unreadable: {
        level: "failure",
        meaning: "the Pulumi CLI does not show it: {reason}",
        mend: "Try `pulumi config --stack {stack}` in the project's folder; `npm run doctor -- --stack NAME --project FOLDER` chooses others",
        hides: ["in", "out", "read"],
      },
      wrong: {
        level: "failure",
        meaning: "it has problems: {report}",
        mend: "Run the commands that `pulumi preview` lists",
        hides: ["in", "out", "read"],
        row: "`The configuration has … problems; nothing was deployed.`",
      },
    },
  },
  deployed: {
    title: "deployed",
    looks: "that the stack stands, and that what was configured since then was brought there",
    ok: "the state has {count} objects",
    troubles: {
      never: {
        level: "failure",
        meaning: "the state has nothing in it: this stack was never deployed, or was destroyed",
        mend: "`pulumi up`; if the stack is in the cluster and only its state was lost, [take it over](../how-to/lost-state.md)",
        stops: ["in", "out", "read"],
      },
      mailboxes: {
        level: "failure",
        meaning: "configured and not deployed: {added}",
        mend: "`pulumi up`",
        stops: ["in"],
      },
      removed: {
        level: "warning",
        meaning: "no longer configured, and still deployed: {removed}",
        mend: "`pulumi up`",
      },
      pending: {
        level: "warning",
        meaning: "an update was cut off in the middle of: {pending}",
        mend: "`pulumi refresh`, then `pulumi up`",
      },
    },
  },
  objects: {
    title: "objects",
    looks: "that every object of the state is in the cluster",
    ok: "all of {count} are there",
    troubles: {
      elsewhere: {
        level: "failure",
        meaning:
          "none of the state's {count} objects is in the cluster of the context {context}: this is another cluster, or all was deleted there",
        mend: "Choose the stack's cluster: `kubectl config get-contexts`, then `npm run doctor -- --context NAME`. Only if it is this one: [restore it](../how-to/restore.md)",
        hides: ["in", "out", "read"],
      },
      gone: {
        level: "failure",
        meaning: "{missing} is in the state and not in the cluster",
        mend: "`pulumi refresh`, then `pulumi up`",
        hides: ["in", "out", "read"],
      },
    },
  },
  secrets: {
    title: "Secrets",
    looks: "that each Secret has the keys and the values of the state; values are compared and never shown",
    ok: "are as in the state",
    troubles: {
      keys: {
        level: "failure",
        meaning: "{secret} lacks {keys}",
        mend: "`pulumi refresh`, then `pulumi up`",
        stops: ["in"],
        row: "`INBOX: the Secret holds no address or no password for this mailbox`",
      },
      values: {
        level: "warning",
        meaning: "{secret} was changed by hand at {keys}",
        mend: "`pulumi refresh`, then `pulumi up`, which sets the configured value again",
      },
    },
  },
  images: {
    title: "images",
    looks: "that each workload runs the image of the state",
    ok: "are as in the state",
    troubles: {
      other: {
        level: "warning",
        meaning: "{workload} runs {found} and not {wanted}",
        mend: "`pulumi refresh`, then `pulumi up`",
      },
    },
  },
  listeners: {
    title: "listeners",
    looks: "that the server was started with the ports of this version",
    ok: "are those that the server was started with",
    troubles: {
      other: {
        level: "warning",
        meaning: "the server was started with other ports than this version has (mark {found}, not {wanted})",
        mend: "`pulumi up` restarts it",
      },
    },
  },
} as const satisfies Catalogue;

const { fine, trouble } = speaker("configuration", configurationTexts);

const or = (verdicts: Verdict[], otherwise: Verdict): Verdict[] => (verdicts.length > 0 ? verdicts : [otherwise]);

export const judgeUnreadable = (stack: string, reason: string): Verdict =>
  trouble("loads", "unreadable", { stack, reason });
/** The report has a line for each problem and the commands below it, which `pulumi preview` shows as well. */
export const judgeWrong = (report: string): Verdict => {
  const problems = report
    .split("\n")
    .slice(1)
    .filter((line) => line.trim() !== "" && !line.trim().startsWith("$"));
  return trouble("loads", "wrong", {
    report: problems.map((line) => line.trim().replace(/\s+/g, " ")).join("; ") || report,
  });
};
export const judgeLoaded = (domains: readonly string[], mailboxes: number): Verdict =>
  fine("loads", { domain: domains.join(", "), count: mailboxes === 1 ? "1 mailbox" : `${mailboxes} mailboxes` });

/**
 * In a cluster that has nothing of the stack, `pulumi refresh` would make the state forget all of it, and `pulumi up` would then
 * make it anew, with empty mailboxes. So while that may be the wrong cluster, nobody is told to.
 */
export function heedingContext(verdicts: readonly Verdict[]): Verdict[] {
  const elsewhere = verdicts.find(({ check, code }) => check === "objects" && code === "elsewhere");
  if (elsewhere === undefined) return [...verdicts];
  return verdicts.map((verdict) =>
    verdict !== elsewhere && /pulumi (refresh|up)/.test(verdict.mend ?? "")
      ? { ...verdict, mend: "First choose the stack's cluster: `npm run doctor -- --context NAME`" }
      : verdict,
  );
}

/** What the state says, against what is configured. */
export function judgeDeployed({
  configured,
  state,
}: Pick<ConfigurationObservation, "configured" | "state">): Verdict[] {
  const { objects, mailboxes, pending } = state;
  if (objects === 0) return [trouble("deployed", "never", {})];
  const added = configured.filter((name) => !mailboxes.includes(name));
  const removed = mailboxes.filter((name) => !configured.includes(name));
  return or(
    [
      ...(added.length > 0 ? [trouble("deployed", "mailboxes", { added: added.join(", ") })] : []),
      ...(removed.length > 0 ? [trouble("deployed", "removed", { removed: removed.join(", ") })] : []),
      ...(pending.length > 0 ? [trouble("deployed", "pending", { pending: pending.join(", ") })] : []),
    ],
    fine("deployed", { count: objects }),
  );
}

/** What the cluster runs, against what the state says. */
export function judgeRunning({
  running,
  context,
}: Pick<ConfigurationObservation, "running"> & { readonly context: string }): Verdict[] {
  const { objects, missing, secrets, images, listeners } = running;
  if (objects > 0 && missing.length === objects) return [trouble("objects", "elsewhere", { count: objects, context })];
  const different = images.filter(({ wanted, found }) => wanted !== found);
  return [
    ...or(
      missing.length > 0 ? [trouble("objects", "gone", { missing: missing.join(", ") })] : [],
      fine("objects", { count: objects }),
    ),
    ...or(
      secrets.flatMap(({ name: secret, absent, changed }) => [
        ...(absent.length > 0 ? [trouble("secrets", "keys", { secret, keys: absent.join(", ") })] : []),
        ...(changed.length > 0 ? [trouble("secrets", "values", { secret, keys: changed.join(", ") })] : []),
      ]),
      fine("secrets", {}),
    ),
    ...or(
      different.map((image) => trouble("images", "other", image)),
      fine("images", {}),
    ),
    ...(listeners === undefined
      ? []
      : listeners.found === listeners.wanted
        ? [fine("listeners", {})]
        : [trouble("listeners", "other", listeners)]),
  ];
}
