import { sizeLimits } from "../../config/limits";
import { metricsUser } from "../../config/names";
import type { StackConfig } from "../../config/types";
import { canonicalCidr, canonicalName } from "./canonical";
import { domainKey } from "./domains";
import { listeners } from "./listeners";
import { action, ndjson, type Operation, reconcile, set, update, upsert } from "./operations";
import { paths } from "./paths";
import { type AccountsArgs, accounts, type DirectoryArgs, directory } from "./planAccounts";
import { type DeliveryArgs, outboundSettings, relayOthers } from "./planDelivery";
import { inboundSettings, trashSettings } from "./planMail";
import { type SecurityArgs, security, webUi } from "./planSecurity";

/** What the settings are made of. A whole StackConfig fits. */
export interface PlanArgs extends AccountsArgs, DirectoryArgs, DeliveryArgs, SecurityArgs {
  readonly mailboxes: readonly (AccountsArgs["mailboxes"][number] & DeliveryArgs["mailboxes"][number])[];
  readonly relay: DeliveryArgs["relay"];
  readonly provider: DeliveryArgs["provider"] & Pick<StackConfig["provider"], "largestMessage">;
  readonly trash: StackConfig["trash"];
  readonly identity: DirectoryArgs["identity"];
  readonly hosts: { readonly mail: string };
  /** Migrations, whose app passwords must not be revoked. @default none */
  readonly migrations?: readonly { readonly name: string }[];
  /** Whether Prometheus reads the server's metrics. @default false */
  readonly metrics?: boolean | undefined;
}

/** Prometheus' login, and the placeholder of its password until the plan is put into its Secret. */
export const metricsLogin = { username: metricsUser, placeholder: "@metrics-password@" } as const;

/** Client autoconfiguration offers these. The server's default names POP3 as well, which has no listener here. */
const ADVERTISED = ["caldav", "carddav", "imap", "jmap", "managesieve", "smtp", "webdav"];

const domainsAndTls = ({ domains, hosts, provider }: PlanArgs): Operation[] => {
  const manual = { "@type": "Manual" }; // the provider owns DNS and DKIM, cert-manager the certificate
  return [
    upsert(
      "Domain",
      ["name"],
      Object.fromEntries(
        domains.map((domain, index) => [
          domainKey(index),
          {
            name: canonicalName(domain),
            dkimManagement: manual,
            dnsManagement: manual,
            certificateManagement: manual,
            reportAddressUri: null,
            // Switched on by the last line: the accounts must be there first.
            ...(provider.others === "refuse" && { allowRelaying: false }),
          },
        ]),
      ),
    ),
    upsert("Certificate", ["certificate"], {
      certificate: {
        certificate: { "@type": "File", filePath: paths.certificate },
        privateKey: { "@type": "File", filePath: paths.privateKey },
      },
    }),
    update("SystemSettings", {
      defaultHostname: hosts.mail,
      defaultDomainId: "#domain",
      defaultCertificateId: "#certificate",
      services: Object.fromEntries(ADVERTISED.map((service) => [service, { cleartext: false }])),
    }),
  ];
};

const listenerSettings = (): Operation =>
  reconcile(
    "NetworkListener",
    ["name"],
    Object.fromEntries(
      listeners().map(({ name, port, protocol, tlsImplicit }) => [
        `listener-${name}`,
        { name, bind: set([`[::]:${port}`]), protocol, useTls: true, tlsImplicit },
      ]),
    ),
  );

const loggingSettings = (): Operation[] => [
  reconcile("Tracer", ["level"], { tracer: { "@type": "Stdout", level: "info", ansi: false, enable: true } }),
  // Every run of the command line tool would warn twice: it comes to the same listener as the ingress controller, and
  // straight. Level debug still shows a proxy that does not set the header.
  upsert("EventTracingLevel", ["event"], { forwarded: { event: "http.x-forwarded-missing", level: "debug" } }),
];

/**
 * The host that serves this is open to the world, so it asks for a login. The value itself, not the name of a file: the server
 * keeps these settings after monitoring is disabled, and would then refuse every reload because of the missing file.
 */
const metricsSettings = (): Operation =>
  update("Metrics", {
    prometheus: {
      "@type": "Enabled",
      authUsername: metricsLogin.username,
      authSecret: { "@type": "Value", secret: metricsLogin.placeholder },
    },
  });

/**
 * Every setting of the mail server, in the order in which `stalwart-cli apply` works through it: what is referred to comes
 * before what refers to it. Applying it twice changes nothing the second time. It holds addresses and, in place of the
 * metrics' password, a placeholder; so it belongs in a Secret.
 */
export function plan(args: PlanArgs): Operation[] {
  const networks = [...new Set(args.cluster.networks.map(canonicalCidr))].sort();
  return [
    ...domainsAndTls(args),
    listenerSettings(),
    ...loggingSettings(),
    ...outboundSettings(args, networks),
    ...inboundSettings(
      args.mailboxes.some(({ folders }) => folders.includes("Junk")),
      sizeLimits(args.provider.largestMessage),
    ),
    trashSettings(args.trash),
    ...security(networks),
    ...directory(args),
    ...(args.metrics ? [metricsSettings()] : []),
    // Late: an address that an account out of configuration still holds is refused, and all else is in place by then.
    accounts(args),
    ...relayOthers(args),
    // Last: a web UI that the server refuses must not keep mail and sign-in from being set up.
    webUi(args),
  ];
}

/** The settings plan as `stalwart-cli apply --file` reads it. */
export const renderPlan = (args: PlanArgs): string => ndjson(plan(args));

/**
 * What makes the server act on changed settings; an apply of its own, because operations of one plan are not rolled back
 * when a reload fails. Certificates come first: reloading settings fails as long as the identity provider is unreachable, and a
 * renewed certificate must not wait for that.
 */
export const renderReload = (): string => ndjson([action("ReloadTlsCertificates"), action("ReloadSettings")]);
