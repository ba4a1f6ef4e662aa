import { defineMessages } from "../../messages";

export const configurationMessages = defineMessages("configuration", {
  loads: {
    title: "configuration",
    description: "that the stack's configuration can be read and is whole, as `pulumi up` would read it",
    ok: "{count} of {domain}",
    failures: {
      unreadable: {
        level: "failure",
        message: "the Pulumi CLI does not show it: {reason}",
        fix: "Try `pulumi config --stack {stack}` in the project's folder; `npm run doctor -- --stack NAME --project FOLDER` chooses others",
        obscures: ["in", "out", "read"],
      },
      wrong: {
        level: "failure",
        message: "it has problems: {report}",
        fix: "Run the commands that `pulumi preview` lists",
        obscures: ["in", "out", "read"],
        row: "`The configuration has … problems; nothing was deployed.`",
      },
    },
  },
  deployed: {
    title: "deployed",
    description: "that the stack stands, and that what was configured since then was brought there",
    ok: "the state has {count} objects",
    failures: {
      never: {
        level: "failure",
        message: "the state has nothing in it: this stack was never deployed, or was destroyed",
        fix: "`pulumi up`; if the stack is in the cluster and only its state was lost, [take it over](../how-to/lost-state.md)",
        breaks: ["in", "out", "read"],
      },
      mailboxes: {
        level: "failure",
        message: "configured and not deployed: {added}",
        fix: "`pulumi up`",
        breaks: ["in"],
      },
      removed: {
        level: "warning",
        message: "no longer configured, and still deployed: {removed}",
        fix: "`pulumi up`",
      },
      pending: {
        level: "warning",
        message: "an update was cut off in the middle of: {pending}",
        fix: "`pulumi refresh`, then `pulumi up`",
      },
    },
  },
  objects: {
    title: "objects",
    description: "that every object of the state is in the cluster",
    ok: "all of {count} are there",
    failures: {
      elsewhere: {
        level: "failure",
        message:
          "none of the state's {count} objects is in the cluster of the context {context}: this is another cluster, or all was deleted there",
        fix: "Choose the stack's cluster: `kubectl config get-contexts`, then `npm run doctor -- --context NAME`. Only if it is this one: [restore it](../how-to/restore.md)",
        obscures: ["in", "out", "read"],
      },
      gone: {
        level: "failure",
        message: "{missing} is in the state and not in the cluster",
        fix: "`pulumi refresh`, then `pulumi up`",
        obscures: ["in", "out", "read"],
      },
    },
  },
  secrets: {
    title: "Secrets",
    description: "that each Secret has the keys and the values of the state; values are compared and never shown",
    ok: "are as in the state",
    failures: {
      keys: {
        level: "failure",
        message: "{secret} lacks {keys}",
        fix: "`pulumi refresh`, then `pulumi up`",
        breaks: ["in"],
        row: "`INBOX: the Secret holds no address or no password for this mailbox`",
      },
      values: {
        level: "warning",
        message: "{secret} was changed by hand at {keys}",
        fix: "`pulumi refresh`, then `pulumi up`, which sets the configured value again",
      },
    },
  },
  images: {
    title: "images",
    description: "that each workload runs the image of the state",
    ok: "are as in the state",
    failures: {
      other: {
        level: "warning",
        message: "{workload} runs {found} and not {wanted}",
        fix: "`pulumi refresh`, then `pulumi up`",
      },
    },
  },
  listeners: {
    title: "listeners",
    description: "that the server was started with the ports of this version",
    ok: "are those that the server was started with",
    failures: {
      other: {
        level: "warning",
        message: "the server was started with other ports than this version has (mark {found}, not {wanted})",
        fix: "`pulumi up` restarts it",
      },
    },
  },
});
