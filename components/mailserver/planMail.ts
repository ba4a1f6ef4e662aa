import { ports } from "../../config/names";
import type { Endpoint } from "../../config/types";
import { always, type Operation, reconcile, update, upsert, when } from "./operations";
import { paths } from "./paths";

/** Above what hosted providers take (Microsoft 365, the largest, 150 MB): what they took must not be refused here. */
const MAX_MESSAGE_BYTES = 160 * 1024 * 1024;
const MAX_SESSION_BYTES = 1024 ** 4;
/** A message that wandered further than the server's default of 50 would be refused at every fetch. */
const MAX_RECEIVED_HEADERS = 200;

const onPort = (port: number): string => `local_port == ${port}`;

/** Outbound: everything that is not ours goes through the provider, with its certificate checked each time. */
export function relaying(
  provider: { readonly smtp: Endpoint },
  username: string,
  networks: readonly string[],
): Operation[] {
  const trusted = networks.map(
    (network) => [`${onPort(ports.smtp)} && is_ip_in_cidr(remote_ip, '${network}')`, "true"] as const,
  );
  return [
    upsert("MtaRoute", ["name"], {
      relay: {
        "@type": "Relay",
        name: "relay",
        address: provider.smtp.host,
        port: provider.smtp.port,
        protocol: "smtp",
        implicitTls: true,
        allowInvalidCerts: false,
        authUsername: username,
        authSecret: { "@type": "File", filePath: paths.relayPassword },
      },
    }),
    update("MtaOutboundStrategy", {
      route: when([["is_local_domain(rcpt_domain)", "'local'"]], "'relay'"),
      // By default a retry after a TLS failure accepts any certificate, and the relay's password would go to whoever
      // holds it.
      tls: always("'default'"),
    }),
    // Apps relay with no login from trusted networks on port 25, and nowhere else.
    update("MtaStageRcpt", { allowRelaying: when(trusted, "!is_empty(authenticated_as)") }),
  ];
}

/**
 * Inbound: everything on port 25 was accepted by the provider before. Whatever is refused here stays at the provider and
 * is tried again for ever, so nothing is judged, throttled or cut off.
 */
export function accepting(fetchesJunk: boolean): Operation[] {
  const open = fetchesJunk ? [ports.smtp, ports.junk] : [ports.smtp];
  return [
    upsert("MtaInboundThrottle", ["description"], {
      ip: { description: "Sender IP throttle", enable: false },
      recipient: { description: "Sender address to recipient throttle", enable: false },
    }),
    update("MtaStageEhlo", { rejectNonFqdn: always("false") }), // a pod's name is none
    // The junk port takes mail only while the settings below file it in Junk: until then it asks for a login, and what
    // fetchers bring stays at the provider.
    update("MtaStageAuth", { require: always(open.map((port) => `local_port != ${port}`).join(" && ")) }),
    update("MtaStageMail", { isSenderAllowed: always("true") }), // by default senders on a downloaded list are refused
    update("MtaStageData", {
      maxMessages: always("1000000"),
      maxMessageSize: always(String(MAX_MESSAGE_BYTES)),
      maxReceivedHeaders: always(String(MAX_RECEIVED_HEADERS)),
      enableSpamFilter: fetchesJunk ? when([[onPort(ports.junk), "true"]], "false") : always("false"),
    }),
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
 * (crates/email/src/sieve/ingest.rs hands the verdict on).
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
  reconcile("SpamTag", ["tag"], { tag: { "@type": "Score", tag: "FROM_PROVIDER_JUNK", score: 0 } }),
  reconcile("SpamRule", ["name"], {
    rule: { "@type": "Any", name: "none", enable: false, condition: always("false") },
  }),
  reconcile("SpamDnsblServer", ["name"], {
    dnsbl: { "@type": "Any", name: "none", enable: false, zone: always("false"), tag: always("false") },
  }),
];
