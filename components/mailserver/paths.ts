/** Where the mail server's container finds things. The settings name the same files. */
export const paths = {
  config: "/etc/stalwart/config.json",
  data: "/var/lib/stalwart",
  tls: "/etc/stalwart/tls",
  certificate: "/etc/stalwart/tls/tls.crt",
  privateKey: "/etc/stalwart/tls/tls.key",
  secrets: "/etc/stalwart/secrets",
  relayPassword: "/etc/stalwart/secrets/relay-password",
} as const;
