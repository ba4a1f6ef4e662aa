import type { MailboxObservation, RelayObservation } from "../observe/provider";
import { type Catalogue, speaker, type Verdict } from "../verdict";
import { span } from "./span";

export const providerTexts = {
  login: {
    title: "login at the provider",
    looks: "that each mailbox's password opens it over IMAP with TLS, as its fetcher does",
    ok: "works",
    troubles: {
      refused: {
        level: "failure",
        meaning: "the provider refuses the login: {reason}",
        mend: "`pulumi config set --secret --path mailboxes.{mailbox}.password`, then `pulumi up`",
        stops: ["in"],
        row: "`INBOX: the provider refuses the login: …`",
      },
      away: {
        level: "failure",
        meaning: "{server} cannot be asked from here: {reason}",
        mend: "Wait; if it lasts, look at `kubectl -n {namespace} logs deploy/fetchmail-{mailbox}`",
        hides: ["in"],
      },
      certificate: {
        level: "failure",
        meaning: "the certificate of {server} is not accepted ({reason}); no password was sent",
        mend: "The provider must mend it. If its authority is private: `pulumi config set --path 'trust.certificates[0]' < ca.crt`",
        stops: ["in"],
        row: "`INBOX: the provider's certificate is not accepted: Server certificate verification error: …`",
      },
    },
  },
  waiting: {
    title: "waiting at the provider",
    looks: "how many messages wait there to be fetched, and since when the oldest does",
    ok: "{count}",
    troubles: {
      late: {
        level: "warning",
        meaning: "{count} to be fetched, the oldest since {age}: it should be gone within seconds",
        mend: "`kubectl -n {namespace} logs deploy/fetchmail-{mailbox}` says why",
      },
      stuck: {
        level: "failure",
        meaning: "{count} to be fetched, the oldest since {age}: this mailbox is not fetched",
        mend: "`kubectl -n {namespace} logs deploy/fetchmail-{mailbox}` says why",
        stops: ["in"],
      },
    },
  },
  aside: {
    title: "set aside",
    looks:
      "what is in the folder Fetcher-Refused at the provider; the reason is in the flow checks and in the fetcher's log",
    ok: "nothing",
    troubles: {
      refused: {
        level: "warning",
        meaning: "{count} in {folder}, the oldest since {age}: the mail server refused them for good",
        mend: "Read them at the provider; why: `kubectl -n {namespace} logs deploy/fetchmail-{mailbox} | grep 'refused for good'`",
      },
    },
  },
  relay: {
    title: "login for sending",
    looks: "that the relay's password opens SMTP at the provider, as the mail server does",
    ok: "works at {server}",
    troubles: {
      refused: {
        level: "failure",
        meaning: "the provider refuses the login that all mail leaves through: {reason}",
        mend: "`pulumi config set --secret --path relay.password`, then `pulumi up`",
        stops: ["out"],
        row: "Bounce: authentication failed at the provider",
      },
      away: {
        level: "failure",
        meaning: "{server} cannot be asked from here: {reason}",
        mend: "Wait. If only this machine is kept out: `kubectl -n {namespace} logs deploy/stalwart` shows what leaves",
        hides: ["out"],
      },
      certificate: {
        level: "failure",
        meaning: "the certificate of {server} is not accepted ({reason}); no password was sent",
        mend: "The provider must mend it. If its authority is private: `pulumi config set --path 'trust.certificates[0]' < ca.crt`",
        stops: ["out"],
      },
    },
  },
} as const satisfies Catalogue;

const { fine, trouble } = speaker("provider", providerTexts);

const MINUTE = 60_000;
/** New mail is fetched within a second; without IDLE within half a minute, and Junk within three minutes. */
const lateAfter = 10 * MINUTE;
const stuckAfter = 60 * MINUTE;

export interface ProviderSeen {
  readonly namespace: string;
  readonly now: number;
  readonly mailboxes: readonly MailboxObservation[];
  readonly relay: RelayObservation;
}

const messages = (count: number): string => (count === 1 ? "1 message" : `${count} messages`);

function judgeMailbox(seen: MailboxObservation, namespace: string, now: number): Verdict[] {
  const { mailbox, server } = seen;
  if ("failed" in seen) {
    const { failed, reason } = seen;
    return [trouble("login", failed, { reason, mailbox, server, namespace }, mailbox)];
  }
  const waiting = seen.waiting.reduce((sum, { count }) => sum + count, 0);
  const oldest = Math.min(...seen.waiting.flatMap(({ oldest }) => oldest ?? []));
  const age = Number.isFinite(oldest) ? now - oldest : 0;
  const holes = { count: messages(waiting), age: span(age), mailbox, namespace };
  const kept = seen.kept > 0 ? `, and ${messages(seen.kept)} kept` : "";
  return [
    fine("login", {}, mailbox),
    waiting > 0 && age > stuckAfter
      ? trouble("waiting", "stuck", holes, mailbox)
      : waiting > 0 && age > lateAfter
        ? trouble("waiting", "late", holes, mailbox)
        : fine("waiting", { count: (waiting === 0 ? "nothing" : messages(waiting)) + kept }, mailbox),
    ...(seen.aside.length === 0
      ? [fine("aside", {}, mailbox)]
      : seen.aside.map(({ folder, count, oldest }) =>
          trouble(
            "aside",
            "refused",
            { count: messages(count), folder, age: span(now - (oldest ?? now)), mailbox, namespace },
            mailbox,
          ),
        )),
  ];
}

export function judgeProvider({ namespace, now, mailboxes, relay }: ProviderSeen): Verdict[] {
  const { server } = relay;
  return [
    ...mailboxes.flatMap((seen) => judgeMailbox(seen, namespace, now)),
    "failed" in relay
      ? trouble("relay", relay.failed, { reason: relay.reason, server, namespace })
      : fine("relay", { server }),
  ];
}
