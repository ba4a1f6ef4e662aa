import { log, secret } from "@pulumi/pulumi";
import { Backup } from "./components/backup";
import { demandSnapshotClass } from "./components/backup/snapshotClass";
import { forgedAddresses, unknownController } from "./components/exposure";
import { Fetcher } from "./components/fetcher";
import { IdentityClient } from "./components/identity";
import { warnOfAccounts } from "./components/identity/users";
import { MailServer } from "./components/mailserver";
import { Migrations } from "./components/migration";
import { Monitoring } from "./components/monitoring";
import { demandOperator } from "./components/monitoring/operator";
import { Network } from "./components/network";
import { accountUrl, adminUrl, clientSettings, identityClient, relayForApps } from "./components/outputs/clients";
import { dnsRecords, zoneLine } from "./components/outputs/dns";
import { UpdateGuard } from "./components/record";
import { Storage } from "./components/storage";
import { authorities } from "./components/trust";
import { Webmail, webmailLogoutUri, webmailRedirectUri } from "./components/webmail";
import { clusterAccess, loadConfig } from "./config/load";
import { names } from "./config/names";
import { portOf } from "./config/rules/values";

/**
 * A hosted provider has the MX. fetchmail pulls each mailbox from it and hands every message to Stalwart, which stores
 * mail, serves it to people and relays what they send through the provider; Roundcube is the webmail.
 */
export = async () => {
  const config = await loadConfig();
  const { hosts, mailboxes, provider, ingress, cluster, monitoring } = config;

  const sentence = unknownController(ingress);
  if (sentence !== undefined) await log.warn(sentence);
  const forged = forgedAddresses(ingress);
  if (forged !== undefined) await log.info(forged);

  if (monitoring.enabled) await demandOperator();
  const { snapshotClass, ...snapshots } = config.backup;
  if (snapshotClass !== undefined) await demandSnapshotClass(snapshotClass);
  await warnOfAccounts(config);

  const client = identityClient({
    ...config,
    webmailRedirectUri: webmailRedirectUri(hosts.webmail),
    webmailLogoutUri: webmailLogoutUri(hosts.webmail),
  });
  const accounts = Object.fromEntries(mailboxes.map(({ name, localPart }) => [name, localPart]));
  const { passed } = new UpdateGuard("update-guard", { ...config, accounts });
  // Registered first: everything else is in the namespace, and the namespace waits for it.
  const { apiKey, ...identity } = config.identity;
  // One that was registered, and would be removed with the stack, is let go of when the key is taken out: not removed.
  const registered = apiKey !== undefined || identity.onDestroy === "remove";
  const registration = !registered
    ? []
    : [
        new IdentityClient(
          "identity-client",
          {
            ...identity,
            ...client,
            apiKey,
            domain: config.domain,
            trustedCertificates: config.trust.certificates,
          },
          { dependsOn: passed },
        ),
      ];
  const { namespace, dataClaim, webmailClaim } = new Storage("storage", {
    ...config.storage,
    namespace: config.namespace,
    waitFor: [passed, ...registration],
  });
  new Network("network", {
    namespace,
    provider,
    ingressNamespace: ingress.namespace,
    ingressPort: ingress.port,
    issuerPort: portOf(config.identity.issuer),
    controller: ingress.controller,
    relayNamespaces: cluster.relayNamespaces,
    metricsNamespace: monitoring.namespace,
    serverMetrics: monitoring.enabled,
    heartbeatPort: monitoring.heartbeat?.port,
    snapshots: snapshotClass !== undefined,
    migrations: config.migrations,
  });
  const watching =
    monitoring.enabled || monitoring.heartbeat
      ? new Monitoring("monitoring", {
          ...monitoring,
          stackNamespace: namespace,
          mailboxes,
          generatedPassword: config.generated.metricsPassword,
        })
      : undefined;
  if (snapshotClass !== undefined) {
    const claims = [dataClaim, webmailClaim];
    new Backup("backup", { ...config, ...snapshots, namespace, snapshotClass, claims });
  }
  const trusting = { ...config, namespace, authorities: authorities(namespace, config.trust.certificates) };
  const mail = new MailServer("stalwart", {
    ...trusting,
    metricsPassword: watching?.metricsPassword,
    heartbeat: watching?.heartbeat,
    clusterAccess: clusterAccess(),
    dataClaim,
  });
  const inside = { ...trusting, mailServerHost: mail.host };
  new Fetcher("fetchmail", { ...inside, waitFor: mail.ready });
  if (config.migrations.length > 0) new Migrations("migrations", { ...inside, waitFor: mail.ready });
  const webmail = new Webmail("roundcube", { ...inside, claim: webmailClaim });

  const people = mailboxes.map(({ name, address, aliases, retention, folders }) => ({
    name,
    address,
    aliases,
    retention,
    folders,
  }));
  return {
    webmailUrl: webmail.url,
    adminUrl: adminUrl(hosts.mail),
    accountUrl: accountUrl(hosts.mail),
    clientSettings: clientSettings(hosts.mail),
    dnsRecords: dnsRecords(config).map(zoneLine),
    identityClient: client,
    relay: relayForApps(config),
    adminPassword: mail.adminPassword,
    mailService: `kubectl -n ${config.namespace} get service ${names.mailService}`,
    mailboxes: config.addressesAreSecret ? secret(people) : people,
  };
};
