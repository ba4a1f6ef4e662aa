import { Backup } from "./components/backup";
import { customCaBundle } from "./components/customCAs";
import { Fetcher } from "./components/fetcher";
import { IdentityClient, managesClient } from "./components/identity";
import { MailServer } from "./components/mailserver";
import { Migrations } from "./components/migration";
import { Monitoring } from "./components/monitoring";
import { Network } from "./components/network";
import { stackOutputs } from "./components/outputs";
import { identityClient } from "./components/outputs/clients";
import { preflight } from "./components/preflight";
import { UpdateGuard } from "./components/record";
import { accountsOf } from "./components/record/changes";
import { Storage } from "./components/storage";
import { Webmail, webmailLogoutUri, webmailRedirectUri } from "./components/webmail";
import { clusterAccess, loadConfig } from "./config/load";
import { portOf } from "./config/rules/values";

/**
 * A hosted provider has the MX. fetchmail pulls each mailbox from it and hands every message to Stalwart, which stores
 * mail, serves it to users and relays what they send through the provider; Roundcube is the webmail.
 */
export = async () => {
  const config = await loadConfig();
  const { domain, domains, hosts, mailboxes, migrations, provider, relay, trash, identity } = config;
  const { admin, generated, ingress, tls, service, cluster, storage, backup, monitoring, images, resources } = config;
  await preflight(config);

  // The namespace depends on the guard and the registration, and everything after it is in the namespace.
  const accounts = accountsOf(mailboxes);
  const { passed } = new UpdateGuard("update-guard", { domain, namespace: config.namespace, accounts });
  const client = identityClient({
    hosts,
    identity,
    webmailRedirectUri: webmailRedirectUri(hosts.webmail),
    webmailLogoutUri: webmailLogoutUri(hosts.webmail),
  });
  const trustedCertificates = config.trust.certificates;
  const registration = managesClient(identity)
    ? [new IdentityClient("identity-client", { domain, identity, client, trustedCertificates }, { dependsOn: passed })]
    : [];
  const { namespace, dataClaim, webmailClaim } = new Storage("storage", {
    namespace: config.namespace,
    data: storage.data,
    webmail: storage.webmail,
    waitFor: [passed, ...registration],
  });

  new Network("network", {
    namespace,
    provider,
    ingressNamespace: ingress.namespace,
    ingressPort: ingress.port,
    issuerPort: portOf(identity.issuer),
    controller: ingress.controller,
    relayNamespaces: cluster.relayNamespaces,
    metricsNamespace: monitoring.namespace,
    serverMetrics: monitoring.enabled,
    heartbeatPort: monitoring.heartbeat?.port,
    snapshots: backup.snapshotClass !== undefined,
    mailboxes,
    migrations,
  });
  const generatedPassword = generated.metricsPassword;
  const metrics =
    monitoring.enabled || monitoring.heartbeat
      ? new Monitoring("monitoring", { namespace, monitoring, mailboxes, generatedPassword })
      : undefined;
  const { snapshotClass, schedule, keep } = backup;
  if (snapshotClass !== undefined) {
    const claims = [dataClaim, webmailClaim];
    new Backup("backup", { namespace, snapshotClass, schedule, keep, claims, images, resources });
  }

  const caBundle = customCaBundle(namespace, trustedCertificates);
  const mail = new MailServer("stalwart", {
    namespace,
    dataClaim,
    domain,
    domains,
    hosts,
    mailboxes,
    migrations,
    provider,
    relay,
    trash,
    identity,
    admin,
    generated,
    ingress,
    tls,
    service,
    cluster,
    caBundle,
    metricsPassword: metrics?.metricsPassword,
    heartbeat: metrics?.heartbeat,
    clusterAccess: clusterAccess(),
    images,
    resources,
  });
  const { host: mailServerHost, ready: waitFor } = mail;
  new Fetcher("fetchmail", { namespace, mailboxes, provider, mailServerHost, waitFor, caBundle, images, resources });
  if (migrations.length > 0) {
    new Migrations("migrations", {
      namespace,
      migrations,
      hosts,
      provider,
      mailServerHost,
      waitFor,
      caBundle,
      images,
      resources,
    });
  }
  const webmail = new Webmail("roundcube", {
    namespace,
    claim: webmailClaim,
    mailServerHost,
    domain,
    domains,
    mailboxes,
    hosts,
    identity,
    tls,
    ingress,
    cluster,
    provider,
    caBundle,
    generated,
    images,
    resources,
  });

  return stackOutputs(config, { client, webmailUrl: webmail.url, adminPassword: mail.adminPassword });
};
