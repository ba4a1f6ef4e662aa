/** The fakes around the stack have a namespace of their own and are deleted with it. */
export const environmentNamespace = "homelab-mail-world";

/** Where the stack goes: not its usual namespace, for the user's cluster may have the real one. */
export const stackNamespace = "homelab-mail-try";

/** Where other apps of a cluster would be: only the live suite makes it. */
export const appsNamespace = "homelab-mail-apps";

/** Reserved for tests (RFC 2606): nobody's mail. */
export const domain = "family.test";

export const hosts = { mail: `mail.${domain}`, webmail: `webmail.${domain}` } as const;

const inCluster = (service: string): string => `${service}.${environmentNamespace}.svc.cluster.local`;

/** Names that the cluster's DNS knows by itself: nothing of the user's cluster has to be changed for them. */
export const services = {
  provider: inCluster("provider"),
  issuer: inCluster("issuer"),
} as const;

/** The same where both are outside the cluster, whose DNS then needs these names. */
export const externalNames = { provider: "mail.provider.test", issuer: "id.provider.test" } as const;

/** Who has a mailbox. Apps and everybody's outbound mail use `service`. */
export const accounts = ["alpar", "kinga", "service"] as const;

/** Who has one at the provider: one more, to be added to the stack. */
export const providerMailboxes = [...accounts, "dora"] as const;

/** The user who signs in. */
export const testUser = { name: "kinga", display: "Kinga", email: `kinga@${domain}` } as const;

export const clientId = "stalwart-webui";

/** Where sign-in and sign-out may return to; the same as the stack's output `identityClient` says. */
export const callbacks = {
  callbackURLs: [
    `https://${hosts.webmail}/index.php/login/oauth`,
    `https://${hosts.mail}/admin/oauth/callback`,
    `https://${hosts.mail}/account/oauth/callback`,
  ],
  logoutCallbackURLs: [`https://${hosts.webmail}/?_task=logout`],
} as const;
