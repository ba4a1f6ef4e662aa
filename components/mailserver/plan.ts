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

/** The values that the settings are rendered from. A StackConfig has all of them. */
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
  const manual = { "@type": "Manual" }; // the provider manages DNS and DKIM, cert-manager the certificate
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
            // The last operation enables it, because the accounts must exist first.
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
  // Every run of the command line tool would cause two warnings: it uses the same listener as the ingress controller, but
  // without a proxy. With level debug, a proxy that does not set the header is still logged.
  upsert("EventTracingLevel", ["event"], { forwarded: { event: "http.x-forwarded-missing", level: "debug" } }),
];

/**
 * The host that serves the metrics is public, so they need a login. The setting contains the password, not the name of a file:
 * the server keeps these settings after monitoring is disabled, and every reload would then fail because of the missing file.
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
 * Every setting of the mail server, in the order in which `stalwart-cli apply` applies them: an object comes before those that
 * refer to it. Applying the plan again changes nothing. It contains addresses, so it must be stored in a Secret, and a
 * placeholder for the password of the metrics.
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
    // Late: this fails if an account that is no longer configured still has one of the addresses, and must not block the rest.
    accounts(args),
    ...relayOthers(args),
    // Last: if the server refuses the web UI, mail and sign-in must be configured already.
    webUi(args),
  ];
}

/** The settings plan as `stalwart-cli apply --file` reads it. */
export const renderPlan = (args: PlanArgs): string => ndjson(plan(args));

/**
 * The operations that put changed settings into effect. They are a separate apply, because operations of one plan are not rolled
 * back when a reload fails. Certificates come first: reloading settings fails as long as the identity provider is unreachable, and a
 * renewed certificate must not wait for that.
 */
export const renderReload = (): string => ndjson([action("ReloadTlsCertificates"), action("ReloadSettings")]);
