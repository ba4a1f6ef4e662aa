import { type Output, secret } from "@pulumi/pulumi";
import { names } from "../../config/names";
import type { StackConfig } from "../../config/types";
import { accountUrl, adminUrl, clientSettings, type identityClient, relayForApps } from "./clients";
import { dnsRecords, zoneLine } from "./dns";

interface Deployed {
  /** The client that is registered, or to be registered, at the identity provider. */
  readonly client: ReturnType<typeof identityClient>;
  readonly webmailUrl: Output<string>;
  /** Secret. */
  readonly adminPassword: Output<string>;
}

/** What `pulumi stack output` shows: addresses, DNS records and settings for administrators and users of the stack. */
export function stackOutputs(config: StackConfig, { client, webmailUrl, adminPassword }: Deployed) {
  const { hosts, namespace } = config;
  const mailboxes = config.mailboxes.map(({ name, address, aliases, retention, folders }) => ({
    name,
    address,
    aliases,
    retention,
    folders,
  }));
  return {
    webmailUrl,
    adminUrl: adminUrl(hosts.mail),
    accountUrl: accountUrl(hosts.mail),
    clientSettings: clientSettings(hosts.mail),
    dnsRecords: dnsRecords(config).map(zoneLine),
    identityClient: client,
    relay: relayForApps(config),
    adminPassword,
    mailService: `kubectl -n ${namespace} get service ${names.mailService}`,
    mailboxes: config.addressesAreSecret ? secret(mailboxes) : mailboxes,
  };
}
