import type { SizeLimits } from "../../config/limits";
import { ports } from "../../config/names";
import type { StackConfig } from "../../config/types";
import { canonicalSpamName } from "./canonical";
import { always, type Operation, reconcile, update, upsert, when } from "./operations";

const MAX_SESSION_BYTES = 1024 ** 4;
/** A message that wandered further than the server's default of 50 would be refused at every fetch. */
const MAX_RECEIVED_HEADERS = 200;
/** Bytes of an IMAP command around the message in it. */
const IMAP_COMMAND = 2 ** 16;
/**
 * IMAP commands per minute and account. The server's own 2,000 are less than a migration or an import sends, and it answers
 * a command over the limit without its tag (crates/imap/src/core/client.rs), so that the client waits for ever.
 */
const IMAP_COMMANDS = { count: 60_000, period: 60_000 };

/**
 * Folders within folders. The server's own 250 folders of 10 levels are fewer than a mailbox of many years has, or labels that
 * an import makes folders of; it answers OVERQUOTA to the next one, and its messages have nowhere to go.
 */
const FOLDER_LEVELS = 50;
/** Bytes of an event or a contact: the server's own 512 KiB are less than a photo or an attached file takes. */
const DAV_ITEM = 10 * 2 ** 20;

const onPort = (port: number): string => `local_port == ${port}`;

/**
 * Inbound: everything on port 25 was accepted by the provider before. Whatever is refused here stays at the provider and
 * is tried again for ever, so nothing is judged, throttled or cut off.
 */
export function inboundSettings(fetchesJunk: boolean, { received, upload }: SizeLimits): Operation[] {
  const open = fetchesJunk ? [ports.smtp, ports.junk] : [ports.smtp];
  return [
    upsert("MtaInboundThrottle", ["description"], {
      ip: { description: "Sender IP throttle", enable: false },
      recipient: { description: "Sender address to recipient throttle", enable: false },
    }),
    update("MtaStageEhlo", { rejectNonFqdn: always("false") }), // a pod's name is none
    // The junk port takes mail only while the settings below file it in Junk: until then it asks for a login, and what
    // fetchers bring stays at the provider.
    update("MtaStageAuth", {
      require: always(open.map((port) => `local_port != ${port}`).join(" && ")),
      mustMatchSender: always("true"), // the default, restored: no user sends as another user
    }),
    update("MtaStageMail", { isSenderAllowed: always("true") }), // by default senders on a downloaded list are refused
    update("MtaStageData", {
      maxMessages: always("1000000"),
      maxMessageSize: always(String(received)),
      maxReceivedHeaders: always(String(MAX_RECEIVED_HEADERS)),
      enableSpamFilter: fetchesJunk ? when([[onPort(ports.junk), "true"]], "false") : always("false"),
    }),
    // They bind JMAP and IMAP; in 1.x what comes by SMTP, too.
    update("Email", {
      maxMessageSize: received,
      maxAttachmentSize: received,
      maxMailboxes: null,
      maxMailboxDepth: FOLDER_LEVELS,
    }),
    // With their prefix: the schema has JMAP's own calendars and address books as well.
    update("x:Calendar", { maxICalendarSize: DAV_ITEM }),
    update("x:AddressBook", { maxVCardSize: DAV_ITEM }),
    update("Imap", { maxRequestSize: received + IMAP_COMMAND, maxRequestRate: IMAP_COMMANDS }),
    update("Jmap", { maxUploadSize: upload, uploadQuota: 2 * upload }),
    update("MtaInboundSession", { transferLimit: always(String(MAX_SESSION_BYTES)), maxDuration: always("1d") }),
    // SPF, DMARC and reverse DNS would judge the fetcher's address; the provider signs what goes out.
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
    // Reports that others send to postmaster are mail, too: read or not, they must be delivered.
    update("ReportSettings", { inboundReportForwarding: true }),
    ...(fetchesJunk ? everythingIsJunk() : spamFilterOff()),
    update("SpamPyzor", { enable: false }), // or every reload fails where its host does not resolve
    update("Asn", { "@type": "Disabled" }),
  ];
}

/** The provider filters. */
const spamFilterOff = (): Operation[] => [update("SpamSettings", { enable: false, spamFilterRulesUrl: null })];

/**
 * The only way to have the server file a message in Junk at delivery is to have its spam filter say so
 * (crates/email/src/message/ingest.rs). So the filter runs for the junk port alone, every score there is spam, and nothing
 * is refused or discarded (0 switches those thresholds off).
 *
 * What the server may have downloaded at its first start is replaced by one object that does nothing, each: a tag could
 * discard, a rule or block list asks the network. Not an empty list, for kinds with no object get their defaults back.
 *
 * A person's own Sieve script goes first: with `fileinto` it decides the folder, with `keep` the message lands in Junk
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
    // The provider has decided: a known sender or a reply does not bring the message back.
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
