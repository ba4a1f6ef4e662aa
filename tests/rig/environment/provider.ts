import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { KubeObject } from "../../../lib/kubectl";
import { domain } from "./names";
import { configMap, secret, serverObjects } from "./pods";

export const NOBODY = 65534;

const file = (name: string): string => readFileSync(join(__dirname, "..", "fakes", "provider", name), "utf8");

/** Who may log in, in Dovecot's words. */
export const usersFile = (passwords: Readonly<Record<string, string>>): string =>
  Object.entries(passwords)
    .map(([name, password]) => `${name}@${domain}:{PLAIN}${password}\n`)
    .join("");

/** Where Dovecot is, behind what stands at 993. `imap` has no TLS. */
export const dovecotPorts = { imap: 10143, imaps: 10993 } as const;

/** Where forwarder.py waits for the faulty proxy: on the loopback interface, which port-forwards reach. */
export const TUNNEL_PORT = 10994;

/** Dovecot without root: one user for every process, no chroot. */
const dovecotConf = (root: string): string => `
protocols = imap
listen = *
base_dir = ${root}/run/dovecot
state_dir = ${root}/run/dovecot/state
log_path = /dev/stderr
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
first_valid_uid = 1
ssl = yes
disable_plaintext_auth = no
ssl_cert = <${root}/tls/tls.crt
ssl_key = <${root}/tls/tls.key
mail_location = maildir:${root}/mail/%u
passdb {
  driver = passwd-file
  args = ${root}/config/users
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=${root}/mail/%u
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${dovecotPorts.imap}
  }
  inet_listener imaps {
    port = ${dovecotPorts.imaps}
    ssl = yes
  }
}
service anvil {
  chroot =
}
namespace inbox {
  inbox = yes
  mailbox Junk {
    auto = create
    special_use = \\Junk
  }
}
`;

/** Its settings and programs, as files for /config below `root`; beside it are /tls, /mail and /run/dovecot. */
export const providerFiles = (root = ""): Record<string, string> => ({
  "dovecot.conf": dovecotConf(root),
  "forwarder.py": file("forwarder.py"),
  "smtp.py": file("smtp.py"),
  "welcome.eml": file("welcome.eml"),
});

/** The two programs of a provider whose files are below `root`: Dovecot for IMAP, and one that lets mail out. */
export const providerCommands = (root = "") =>
  ({
    imap: ["dovecot", "-F", "-c", `${root}/config/dovecot.conf`],
    smtp: ["python3", "-B", "-u", `${root}/config/smtp.py`],
  }) as const;

/** Who may log in, for the provider in the cluster. */
export const providerUsers = (passwords: Readonly<Record<string, string>>): KubeObject =>
  secret("provider-users", { users: usersFile(passwords) });

/** A provider in the cluster. */
export function providerObjects(image: string, passwords: Readonly<Record<string, string>>): KubeObject[] {
  const commands = providerCommands();
  const mounts = [
    { name: "config", mountPath: "/config", readOnly: true },
    { name: "tls", mountPath: "/tls", readOnly: true },
    { name: "mail", mountPath: "/mail" },
  ];
  const probe = (port: number) => ({ readinessProbe: { tcpSocket: { port }, periodSeconds: 2 } });
  return [
    providerUsers(passwords),
    configMap("provider", providerFiles()),
    ...serverObjects({
      name: "provider",
      user: NOBODY,
      ports: { 993: 993, 465: 465 },
      containers: [
        {
          name: "imap",
          image,
          command: commands.imap,
          volumeMounts: [...mounts, { name: "run", mountPath: "/run/dovecot" }],
          ...probe(dovecotPorts.imaps),
        },
        {
          name: "forwarder",
          image,
          command: ["python3", "-B", "-u", "/config/forwarder.py"],
          env: [
            { name: "PORT", value: "993" },
            { name: "DOVECOT", value: String(dovecotPorts.imaps) },
            { name: "TUNNEL", value: String(TUNNEL_PORT) },
          ],
          volumeMounts: mounts,
          ...probe(993),
        },
        {
          name: "smtp",
          image,
          command: commands.smtp,
          env: [{ name: "DOMAIN", value: domain }],
          volumeMounts: mounts,
          ...probe(465),
        },
      ],
      volumes: [
        {
          name: "config",
          projected: {
            defaultMode: 0o440,
            sources: [{ configMap: { name: "provider" } }, { secret: { name: "provider-users" } }],
          },
        },
        { name: "mail", emptyDir: {} },
        { name: "run", emptyDir: {} },
      ],
    }),
  ];
}
