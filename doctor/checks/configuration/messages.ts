import { defineMessages } from "../../messages";

export const configurationMessages = defineMessages("configuration", {
  loads: {
    title: "configuration",
    description: "that the stack's configuration can be read and is valid, by the rules of `pulumi up`",
    ok: "{count} of {domain}",
    failures: {
      unreadable: {
        level: "failure",
        message: "the Pulumi CLI cannot read it: {reason}",
        fix: "Try `pulumi config --stack {stack}` in the project's folder; `npm run doctor -- --stack NAME --project FOLDER` selects others",
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
    description: "that the stack is deployed, with the mailboxes that are configured",
    ok: "the state has {count} objects",
    failures: {
      never: {
        level: "failure",
        message: "the state is empty: this stack was never deployed, or was destroyed",
        fix: "`pulumi up`; if the stack is in the cluster and only its state was lost, [take it over](../how-to/lost-state.md)",
        breaks: ["in", "out", "read"],
      },
      mailboxes: {
        level: "failure",
        message: "configured but not deployed: {added}",
        fix: "`pulumi up`",
        breaks: ["in"],
      },
      removed: {
        level: "warning",
        message: "no longer configured but still deployed: {removed}",
        fix: "`pulumi up`",
      },
      pending: {
        level: "warning",
        message: "an update was interrupted at: {pending}",
        fix: "`pulumi refresh`, then `pulumi up`",
      },
    },
  },
  objects: {
    title: "objects",
    description: "that every object of the state exists in the cluster",
    ok: "all {count} exist",
    failures: {
      elsewhere: {
        level: "failure",
        message:
          "none of the {count} objects of the state exists in the cluster of context {context}: it is a different cluster, or everything was deleted there",
        fix: "Select the stack's cluster: `kubectl config get-contexts`, then `npm run doctor -- --context NAME`. Only if it is this one, [restore it](../how-to/restore.md)",
        obscures: ["in", "out", "read"],
      },
      gone: {
        level: "failure",
        message: "in the state but not in the cluster: {missing}",
        fix: "`pulumi refresh`, then `pulumi up`",
        obscures: ["in", "out", "read"],
      },
    },
  },
  secrets: {
    title: "Secrets",
    description: "that each Secret has the keys and values of the state; values are compared and never printed",
    ok: "match the state",
    failures: {
      keys: {
        level: "failure",
        message: "{secret} has no value for {keys}",
        fix: "`pulumi refresh`, then `pulumi up`",
        breaks: ["in"],
        row: "`INBOX: the Secret holds no address or no password for this mailbox`",
      },
      values: {
        level: "warning",
        message: "{secret} was changed by hand: {keys}",
        fix: "`pulumi refresh`, then `pulumi up`, which sets the configured value again",
      },
    },
  },
  images: {
    title: "images",
    description: "that each workload runs the image in the state",
    ok: "match the state",
    failures: {
      other: {
        level: "warning",
        message: "{workload} runs {found} instead of {wanted}",
        fix: "`pulumi refresh`, then `pulumi up`",
      },
    },
  },
  listeners: {
    title: "listeners",
    description: "that the mail server was started with the listeners of this version",
    ok: "match this version",
    failures: {
      other: {
        level: "warning",
        message: "the mail server was started with a different set of listeners (hash {found} instead of {wanted})",
        fix: "`pulumi up` restarts it",
      },
    },
  },
});
