import type { FetcherSeen } from "../observe/fetchers";
import type { MailboxObservation, RelayObservation } from "../observe/provider";
import type { SenderObservation } from "../observe/sender";
import { type Catalogue, speaker, type Verdict } from "../verdict";
import { span } from "./span";

const untrusted = {
  level: "failure",
  meaning: "the certificate of {server} is not accepted ({reason}); no password was sent",
  mend: "The provider must mend it. If its authority is private: `pulumi config set --path 'trust.certificates[0]' < ca.crt`",
} as const;

/** Of its SMTP server. */
const unreachable = {
  level: "failure",
  meaning: "{server} cannot be asked from here: {reason}",
  mend: "Wait. If only this machine is kept out: `kubectl -n {namespace} logs deploy/stalwart` shows what leaves",
} as const;

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
        ...untrusted,
        stops: ["in"],
        row: "`INBOX: the provider's certificate is not accepted: …`",
      },
    },
  },
  waiting: {
    title: "waiting at the provider",
    looks:
      "how many messages wait in the folders that are fetched and in the fetcher's outbox, for how long none of them was delivered, and how many delivered ones are kept",
    ok: "{count}",
    troubles: {
      untested: {
        level: "unknown",
        meaning: "{count}; since when is not known, because the fetcher cannot be asked",
        mend: "`kubectl -n {namespace} describe pod -l app.kubernetes.io/instance=fetchmail-{mailbox}` says why",
      },
      late: {
        level: "warning",
        meaning: "{count} to be fetched, and none delivered for {age}: it should take seconds",
        mend: "`kubectl -n {namespace} logs deploy/fetchmail-{mailbox}` says why",
      },
      stuck: {
        level: "failure",
        meaning: "{count} to be fetched, and none delivered for {age}: this mailbox is not fetched",
        mend: "`kubectl -n {namespace} logs deploy/fetchmail-{mailbox}` says why",
        stops: ["in"],
      },
    },
  },
  aside: {
    title: "set aside",
    looks:
      "what is in the folders Fetcher-Refused and Fetcher-Refused-Junk at the provider; the reason is in the flow checks and in the fetcher's log",
    ok: "nothing",
    troubles: {
      refused: {
        level: "warning",
        meaning: "{count} in {folder}: they could not be delivered",
        mend: "Read them at the provider; why: `kubectl -n {namespace} logs deploy/fetchmail-{mailbox} | grep Fetcher-Refused`",
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
        ...unreachable,
        hides: ["out"],
      },
      certificate: {
        ...untrusted,
        stops: ["out"],
      },
    },
  },
  sending: {
    title: "sending as itself",
    looks:
      "that the provider takes each mailbox's address as the sender, with the login that its mail leaves through; no message is sent",
    ok: "allowed",
    troubles: {
      sender: {
        level: "failure",
        meaning: "the provider does not let it send as itself: {reason}",
        mend: "Allow sending for the mailbox at the provider; if one login must send everything: `pulumi config set --path relay.mode single`",
        stops: ["out"],
        row: "Bounce: sender not allowed, for a mailbox's own address",
      },
      refused: {
        level: "failure",
        meaning: "the provider refuses the login that its mail leaves through: {reason}",
        mend: "`pulumi config set --secret --path mailboxes.{mailbox}.password`, then `pulumi up`",
        stops: ["out"],
        row: "Bounce: authentication failed, for one mailbox only",
      },
      away: {
        ...unreachable,
        hides: ["out"],
      },
      certificate: {
        ...untrusted,
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
  readonly senders: readonly SenderObservation[];
  /** What the fetchers say of themselves. */
  readonly fetchers: readonly FetcherSeen[];
}

const messages = (count: number): string => (count === 1 ? "1 message" : `${count} messages`);

/**
 * Since when mail has waited, by its fetcher: undefined when none has, or it cannot be asked. The dates of messages say nothing
 * about it: those of imported mail are years old.
 */
function knownSince(fetcher: FetcherSeen | undefined): { readonly since?: number } | undefined {
  if (fetcher === undefined || "reason" in fetcher) return undefined;
  const times = fetcher.folders.flatMap(({ waitingSince }) => waitingSince ?? []);
  return times.length === 0 ? {} : { since: Math.min(...times) };
}

function judgeWaiting(seen: Extract<MailboxObservation, { kept: number }>, args: ProviderSeen): Verdict {
  const { mailbox } = seen;
  const { namespace, now, fetchers } = args;
  const waiting = seen.waiting.reduce((sum, { count }) => sum + count, 0);
  const since = seen.keptSince === undefined ? "" : ` since ${seen.keptSince}`;
  const kept = seen.kept > 0 ? `, and ${messages(seen.kept)} kept${since}` : "";
  if (waiting === 0) return fine("waiting", { count: `nothing${kept}` }, mailbox);
  const known = knownSince(fetchers.find((fetcher) => fetcher.mailbox === mailbox));
  const holes = { count: messages(waiting), mailbox, namespace };
  if (known === undefined) return trouble("waiting", "untested", holes, mailbox);
  const age = now - (known.since ?? now);
  if (age > stuckAfter) return trouble("waiting", "stuck", { ...holes, age: span(age) }, mailbox);
  if (age > lateAfter) return trouble("waiting", "late", { ...holes, age: span(age) }, mailbox);
  return fine("waiting", { count: messages(waiting) + kept }, mailbox);
}

function judgeMailbox(seen: MailboxObservation, args: ProviderSeen): Verdict[] {
  const { mailbox, server } = seen;
  const { namespace } = args;
  if ("failed" in seen) {
    const { failed, reason } = seen;
    return [trouble("login", failed, { reason, mailbox, server, namespace }, mailbox)];
  }
  return [
    fine("login", {}, mailbox),
    judgeWaiting(seen, args),
    ...(seen.aside.length === 0
      ? [fine("aside", {}, mailbox)]
      : seen.aside.map(({ folder, count }) =>
          trouble("aside", "refused", { count: messages(count), folder, mailbox, namespace }, mailbox),
        )),
  ];
}

export function judgeProvider(args: ProviderSeen): Verdict[] {
  const { namespace, mailboxes, relay, senders } = args;
  const { server } = relay;
  return [
    ...mailboxes.flatMap((seen) => judgeMailbox(seen, args)),
    "failed" in relay
      ? trouble("relay", relay.failed, { reason: relay.reason, server, namespace })
      : fine("relay", { server }),
    ...senders.map((seen) =>
      "failed" in seen
        ? trouble(
            "sending",
            seen.failed,
            { reason: seen.reason, server: seen.server, mailbox: seen.mailbox, namespace },
            seen.mailbox,
          )
        : fine("sending", {}, seen.mailbox),
    ),
  ];
}
