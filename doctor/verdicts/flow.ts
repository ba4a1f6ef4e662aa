import type { FetcherSeen } from "../observe/fetchers";
import type { QueueSeen } from "../observe/queue";
import type { RoundTrip } from "../observe/send";
import { type Catalogue, speaker, type Verdict } from "../verdict";
import { span } from "./span";

export const flowTexts = {
  fetching: {
    title: "fetching",
    looks: "what each fetcher says of itself: whether mail flows, and when the last message came",
    ok: "flows, last message {ago}",
    troubles: {
      stopped: {
        level: "failure",
        meaning: "does not flow: {reason}",
        mend: "`kubectl -n {namespace} logs deploy/fetchmail-{mailbox}`; [what the words mean](../reference/fetcher.md)",
        stops: ["in"],
      },
      silent: {
        level: "failure",
        meaning: "the fetcher cannot be asked: {reason}",
        mend: "`kubectl -n {namespace} describe pod -l app.kubernetes.io/instance=fetchmail-{mailbox}`",
        hides: ["in"],
      },
      left: {
        level: "warning",
        meaning: "{count} stay at the provider, because the mail server did not take them in the latest round",
        mend: "`kubectl -n {namespace} logs deploy/fetchmail-{mailbox}` says why",
      },
    },
  },
  refused: {
    title: "refused",
    looks: "whether a fetcher has set messages aside, and why",
    ok: "nothing was set aside",
    troubles: {
      aside: {
        level: "warning",
        meaning: "{count} set aside: {reason}",
        mend: "Read them at the provider, in Fetcher-Refused; delete what you do not need",
        row: "`INBOX: … refused for good, moved to the provider's folder Fetcher-Refused: …`",
      },
    },
  },
  queue: {
    title: "queue",
    looks: "how much waits to leave, since when, and what the last failure said",
    ok: "{count}",
    troubles: {
      refused: {
        level: "failure",
        meaning: "the server refuses the administrator's password of the state",
        mend: "`pulumi refresh`, then `pulumi up`",
        hides: ["out"],
      },
      silent: {
        level: "failure",
        meaning: "the server cannot be asked what waits to leave: {reason}",
        mend: "`kubectl -n {namespace} describe pod -l app.kubernetes.io/name=stalwart`",
        hides: ["out"],
      },
      waiting: {
        level: "warning",
        meaning: "{count} to leave, the oldest for {age}; the last failure: {reason}",
        mend: "`kubectl -n {namespace} logs deploy/stalwart`; it is tried again by itself",
      },
      stuck: {
        level: "failure",
        meaning: "{count} to leave, the oldest for {age}; the last failure: {reason}",
        mend: "As the provider says. A wrong password: `pulumi config set --secret --path relay.password`, then `pulumi up`",
        stops: ["out"],
      },
    },
  },
  roundTrip: {
    title: "round trip",
    looks:
      "with `--send`: a message through the provider to the first mailbox and back through its fetcher, with the seconds of each leg",
    ok: "sent in {out} s, fetched in {back} s; {cleaned}",
    troubles: {
      unsent: {
        level: "failure",
        meaning: "the provider did not take the message: {reason}",
        mend: "As it says; `npm run doctor` shows whether the login works",
        stops: ["out"],
      },
      lost: {
        level: "failure",
        meaning: "sent in {out} s, and not in the mailbox after {waited} more seconds; {cleaned}",
        mend: "`kubectl -n {namespace} logs deploy/fetchmail-{mailbox}`",
        stops: ["in"],
      },
      unseen: {
        level: "failure",
        meaning:
          'sent in {out} s; the mailbox cannot be looked into: {reason}. The message stays, its subject is "{subject}"',
        mend: "`kubectl -n {namespace} logs deploy/stalwart`",
        hides: ["in"],
      },
    },
  },
} as const satisfies Catalogue;

const { fine, trouble } = speaker("flow", flowTexts);

const MINUTE = 60_000;
const stuckAfter = 60 * MINUTE;
const waitingAfter = 5 * MINUTE;
const messages = (count: number): string => (count === 1 ? "1 message" : `${count} messages`);

export interface FlowSeen {
  readonly namespace: string;
  readonly now: number;
  readonly fetchers: readonly FetcherSeen[];
  readonly queue: QueueSeen;
}

function fetcher(seen: FetcherSeen, namespace: string, now: number): Verdict[] {
  const { mailbox } = seen;
  if ("reason" in seen) return [trouble("fetching", "silent", { reason: seen.reason, mailbox, namespace }, mailbox)];
  const sum = (of: "left" | "aside"): number => seen.folders.reduce((total, folder) => total + folder[of], 0);
  const last = Math.max(...seen.folders.flatMap(({ lastDelivery }) => lastDelivery ?? []));
  const ago = Number.isFinite(last) ? `${span(now - last)} ago` : "none since its pod started";
  return [
    seen.trouble !== ""
      ? trouble("fetching", "stopped", { reason: seen.trouble, mailbox, namespace }, mailbox)
      : sum("left") > 0
        ? trouble("fetching", "left", { count: messages(sum("left")), mailbox, namespace }, mailbox)
        : fine("fetching", { ago }, mailbox),
    sum("aside") > 0
      ? trouble(
          "refused",
          "aside",
          { count: messages(sum("aside")), reason: seen.refusals.at(-1) ?? "its log does not go back that far" },
          mailbox,
        )
      : fine("refused", {}, mailbox),
  ];
}

function queue(seen: QueueSeen, namespace: string, now: number): Verdict {
  if ("reason" in seen) {
    return seen.refused
      ? trouble("queue", "refused", {})
      : trouble("queue", "silent", { reason: seen.reason, namespace });
  }
  const age = now - (seen.oldest ?? now);
  const reason = seen.lastError ?? "none yet";
  const holes = { count: messages(seen.count), age: span(age), reason, namespace };
  if (seen.count > 0 && age > stuckAfter) return trouble("queue", "stuck", holes);
  if (seen.count > 0 && (age > waitingAfter || seen.lastError !== undefined)) return trouble("queue", "waiting", holes);
  return fine("queue", { count: seen.count === 0 ? "nothing waits" : `${messages(seen.count)} on the way out` });
}

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1);

export function judgeRoundTrip(seen: RoundTrip, namespace: string): Verdict {
  const { mailbox } = seen;
  if ("unsent" in seen) return trouble("roundTrip", "unsent", { reason: seen.unsent }, mailbox);
  const out = seconds(seen.out);
  if ("unseen" in seen) {
    const holes = { out, reason: seen.unseen, subject: seen.subject, namespace };
    return trouble("roundTrip", "unseen", holes, mailbox);
  }
  if (seen.back === undefined) {
    const waited = Math.round(seen.waited / 1000);
    return trouble("roundTrip", "lost", { out, waited, cleaned: seen.cleaned, mailbox, namespace }, mailbox);
  }
  return fine("roundTrip", { out, back: seconds(seen.back), cleaned: seen.cleaned }, mailbox);
}

export const judgeFlow = (seen: FlowSeen): Verdict[] => [
  ...seen.fetchers.flatMap((one) => fetcher(one, seen.namespace, seen.now)),
  queue(seen.queue, seen.namespace, seen.now),
];
