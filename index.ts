import { log, secret } from "@pulumi/pulumi";
import { unknownController } from "./components/door";
import { Fetcher } from "./components/fetcher";
import { IdentityClient } from "./components/identity";
import { MailServer } from "./components/mailserver";
import { Monitoring } from "./components/monitoring";
import { demandOperator } from "./components/monitoring/operator";
import { Network } from "./components/network";
import { accountUrl, adminUrl, clientSettings, identityClient } from "./components/outputs/clients";
import { dnsRecords, zoneLine } from "./components/outputs/dns";
import { Storage } from "./components/storage";
import { authorities } from "./components/trust";
import { Webmail, webmailLogoutUri, webmailRedirectUri } from "./components/webmail";
import { loadConfig } from "./config/load";
import { mailServerHost, names, ports } from "./config/names";

/**
 * A hosted provider has the MX. fetchmail pulls each mailbox from it and hands every message to Stalwart, which stores
 * mail, serves it to people and relays what they send through the provider; Roundcube is the webmail.
 */
export = async () => {
  const config = await loadConfig();
  const { hosts, mailboxes, provider, ingress, cluster, monitoring } = config;

  const sentence = unknownController(ingress);
  if (sentence !== undefined) await log.warn(sentence);

  if (monitoring.enabled) await demandOperator();

  const client = identityClient({
    ...config,
    webmailRedirectUri: webmailRedirectUri(hosts.webmail),
    webmailLogoutUri: webmailLogoutUri(hosts.webmail),
  });
  // Registered first: everything else is in the namespace, and the namespace waits for it.
  const { apiKey, ...identity } = config.identity;
  const registration = apiKey && [
    new IdentityClient("identity-client", {
      ...identity,
      ...client,
      apiKey,
      domain: config.domain,
      trustedCertificates: config.trust.certificates,
    }),
  ];
  const { namespace, dataClaim, webmailClaim } = new Storage("storage", {
    ...config.storage,
    namespace: config.namespace,
    ...(registration && { waitFor: registration }),
  });
  new Network("network", {
    namespace,
    provider,
    ingressNamespace: ingress.namespace,
    ingressPort: ingress.port,
    controller: ingress.controller,
    relayNamespaces: cluster.relayNamespaces,
    ...(monitoring.enabled && { metricsNamespace: monitoring.namespace }),
    heartbeatPort: monitoring.heartbeat?.port,
  });
  const watching =
    monitoring.enabled || monitoring.heartbeat
      ? new Monitoring("monitoring", { ...monitoring, stackNamespace: namespace, mailboxes })
      : undefined;
  const trusting = { ...config, namespace, authorities: authorities(namespace, config.trust.certificates) };
  const mail = new MailServer("stalwart", {
    ...trusting,
    metricsPassword: watching?.metricsPassword,
    heartbeat: watching?.heartbeat,
    dataClaim,
  });
  const inside = { ...trusting, mailServerHost: mail.host };
  new Fetcher("fetchmail", { ...inside, waitFor: mail.ready });
  const webmail = new Webmail("roundcube", { ...inside, claim: webmailClaim });

  const people = mailboxes.map(({ name, address, aliases, keep, folders }) => ({
    name,
    address,
    aliases,
    keep,
    folders,
  }));
  return {
    webmailUrl: webmail.url,
    adminUrl: adminUrl(hosts.mail),
    accountUrl: accountUrl(hosts.mail),
    clientSettings: clientSettings(hosts.mail),
    dnsRecords: dnsRecords(config).map(zoneLine),
    identityClient: client,
    relay: { host: mailServerHost(config.namespace), port: ports.smtp, security: "none", login: "none" },
    adminPassword: mail.adminPassword,
    mailService: `kubectl -n ${config.namespace} get service ${names.mailService}`,
    mailboxes: config.addressesAreSecret ? secret(people) : people,
  };
};
