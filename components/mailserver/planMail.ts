import type { SizeLimits } from "../../config/limits";
import { ports } from "../../config/names";
import type { StackConfig } from "../../config/types";
import { canonicalSpamName } from "./canonical";
import { always, type Operation, reconcile, update, upsert, when } from "./operations";

const MAX_SESSION_BYTES = 1024 ** 4;
/** A message with more hops than the server's default of 50 would be refused at every fetch. */
const MAX_RECEIVED_HEADERS = 200;
/** Bytes of an IMAP command around the message in it. */
const IMAP_COMMAND = 2 ** 16;
/**
 * IMAP commands per minute and account. The server's default of 2,000 is less than a migration or an import sends, and its
 * response to a command over the limit has no tag (crates/imap/src/core/client.rs), so the client waits forever.
 */
const IMAP_COMMANDS = { count: 60_000, period: 60_000 };

/**
 * Limits of folders. The server's default, 250 folders with 10 levels, is too low for a mailbox of many years, or for an import
 * that creates a folder for each label. The server answers OVERQUOTA to the next folder, and its messages cannot be stored.
 */
const FOLDER_LEVELS = 50;
/** Bytes of an event or a contact: the server's default of 512 KiB is too low for a photo or an attached file. */
const DAV_ITEM = 10 * 2 ** 20;

const onPort = (port: number): string => `local_port == ${port}`;

/**
 * Inbound: the provider has already accepted everything that arrives on port 25. A message that is refused here stays at the
 * provider and is retried forever, so nothing is filtered, throttled or limited.
 */
export function inboundSettings(fetchesJunk: boolean, { received, upload }: SizeLimits): Operation[] {
  const open = fetchesJunk ? [ports.smtp, ports.junk] : [ports.smtp];
  return [
    upsert("MtaInboundThrottle", ["description"], {
      ip: { description: "Sender IP throttle", enable: false },
      recipient: { description: "Sender address to recipient throttle", enable: false },
    }),
    update("MtaStageEhlo", { rejectNonFqdn: always("false") }), // a pod's name is not an FQDN
    // The junk port accepts mail only once the settings below file it in Junk: until then it requires a login, and the
    // fetchers' mail stays at the provider.
    update("MtaStageAuth", {
      require: always(open.map((port) => `local_port != ${port}`).join(" && ")),
      mustMatchSender: always("true"), // the default, which is restored: no user sends as another user
    }),
    update("MtaStageMail", { isSenderAllowed: always("true") }), // by default senders on a downloaded list are refused
    update("MtaStageData", {
      maxMessages: always("1000000"),
      maxMessageSize: always(String(received)),
      maxReceivedHeaders: always(String(MAX_RECEIVED_HEADERS)),
      enableSpamFilter: fetchesJunk ? when([[onPort(ports.junk), "true"]], "false") : always("false"),
    }),
    // These limits apply to JMAP and IMAP; in 1.x to SMTP, too.
    update("Email", {
      maxMessageSize: received,
      maxAttachmentSize: received,
      maxMailboxes: null,
      maxMailboxDepth: FOLDER_LEVELS,
    }),
    // With their prefix, because the schema also has JMAP's own calendars and address books.
    update("x:Calendar", { maxICalendarSize: DAV_ITEM }),
    update("x:AddressBook", { maxVCardSize: DAV_ITEM }),
    update("Imap", { maxRequestSize: received + IMAP_COMMAND, maxRequestRate: IMAP_COMMANDS }),
    update("Jmap", { maxUploadSize: upload, uploadQuota: 2 * upload }),
    update("MtaInboundSession", { transferLimit: always(String(MAX_SESSION_BYTES)), maxDuration: always("1d") }),
    // SPF, DMARC and reverse DNS would check the fetcher's address; the provider signs outbound mail.
    update("SenderAuth", {
      arcVerify: always("disable"),
      dkimVerify: always("disable"),
      dmarcVerify: always("disable"),
      reverseIpVerify: always("disable"),
      spfEhloVerify: always("disable"),
      spfFromVerify: always("disable"),
      dkimSignDomain: always("false"),
    }),
    update("DmarcReportSettings", { aggregateSendFrequency: always("disable"), failureSendFrequency: always("false") }),
    update("TlsReportSettings", { sendFrequency: always("disable") }),
    // Reports from others to postmaster are mail, too, and must be delivered.
    update("ReportSettings", { inboundReportForwarding: true }),
    ...(fetchesJunk ? everythingIsJunk() : spamFilterOff()),
    update("SpamPyzor", { enable: false }), // otherwise every reload fails if its host does not resolve
    update("Asn", { "@type": "Disabled" }),
  ];
}

/** The provider filters. */
const spamFilterOff = (): Operation[] => [update("SpamSettings", { enable: false, spamFilterRulesUrl: null })];

/**
 * The server files a message in Junk at delivery only if its spam filter classifies it as spam
 * (crates/email/src/message/ingest.rs). So the filter runs for the junk port only, every score there is spam, and nothing
 * is refused or discarded (0 disables those thresholds).
 *
 * The server may have downloaded rules, tags and block lists at its first start. Each kind is replaced by one object without
 * effect: a tag could discard mail, and a rule or a block list queries the network. An empty list would not work, because the
 * server restores the defaults of a kind without objects.
 *
 * A user's own Sieve script takes precedence: with `fileinto` it decides the folder, with `keep` the message is filed in Junk
 * (crates/email/src/sieve/ingest.rs passes the result on).
 */
const everythingIsJunk = (): Operation[] => [
  update("SpamSettings", {
    enable: true,
    spamFilterRulesUrl: null,
    scoreSpam: -100,
    scoreDiscard: 0,
    scoreReject: 0,
    greylistFor: null,
    // The provider's classification is final, even for a known sender or a reply.
    trustContacts: false,
    trustReplies: false,
  }),
  update("SpamClassifier", { model: { "@type": "Disabled" } }),
  reconcile("SpamTag", ["tag"], { tag: { "@type": "Score", tag: canonicalSpamName("FROM_PROVIDER_JUNK"), score: 0 } }),
  reconcile("SpamRule", ["name"], {
    rule: { "@type": "Any", name: canonicalSpamName("none"), enable: false, condition: always("false") },
  }),
  reconcile("SpamDnsblServer", ["name"], {
    dnsbl: {
      "@type": "Any",
      name: canonicalSpamName("none"),
      enable: false,
      zone: always("false"),
      tag: always("false"),
    },
  }),
];

const DAY = 24 * 3_600_000;

/** The server's default empties Deleted Items and Junk Mail after 30 days, without telling users. */
export const trashSettings = ({ emptyAfter }: StackConfig["trash"]): Operation =>
  update("DataRetention", { expungeTrashAfter: emptyAfter === "forever" ? null : emptyAfter * DAY });
