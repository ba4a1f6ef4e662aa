/** Paths in the mail server's container. The settings name the same files. */
export const paths = {
  config: "/etc/stalwart/config.json",
  data: "/var/lib/stalwart",
  tls: "/etc/stalwart/tls",
  certificate: "/etc/stalwart/tls/tls.crt",
  privateKey: "/etc/stalwart/tls/tls.key",
  secrets: "/etc/stalwart/secrets",
  relayPassword: "/etc/stalwart/secrets/relay-password",
  /** One file per mailbox that sends with its own login. */
  logins: "/etc/stalwart/logins",
} as const;

/** The file with the password that a mailbox sends with at the provider. */
export const loginFile = (mailbox: string): string => `${paths.logins}/${mailbox}`;
