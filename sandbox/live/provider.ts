import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { KubeObject } from "../cluster/kube";
import { domain, providerMailboxes } from "./names";
import { configMap, secret, serverObjects } from "./pods";

const NOBODY = 65534;

const file = (name: string): string => readFileSync(join(__dirname, "provider", name), "utf8");

/** Dovecot without root: one user for every process, no chroot, and its sockets in a volume. */
const dovecotConf = `
protocols = imap
listen = *
base_dir = /run/dovecot
state_dir = /run/dovecot/state
log_path = /dev/stderr
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
first_valid_uid = 1
ssl = required
ssl_cert = </tls/tls.crt
ssl_key = </tls/tls.key
mail_location = maildir:/mail/%u
passdb {
  driver = passwd-file
  args = /config/users
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=/mail/%u
}
service imap-login {
  chroot =
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    port = 993
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

/** The provider: Dovecot for IMAP, and a small SMTP server that lets mail out and sends the answers in. */
export function providerObjects(image: string, passwords: Readonly<Record<string, string>>): KubeObject[] {
  const users = providerMailboxes.map((name) => `${name}@${domain}:{PLAIN}${passwords[name]}\n`).join("");
  const mounts = [
    { name: "config", mountPath: "/config", readOnly: true },
    { name: "tls", mountPath: "/tls", readOnly: true },
    { name: "mail", mountPath: "/mail" },
  ];
  const probe = (port: number) => ({ readinessProbe: { tcpSocket: { port }, periodSeconds: 2 } });
  return [
    secret("provider-users", { users }),
    configMap("provider", {
      "dovecot.conf": dovecotConf,
      "smtp.py": file("smtp.py"),
      "welcome.eml": file("welcome.eml"),
    }),
    ...serverObjects({
      name: "provider",
      user: NOBODY,
      ports: { 993: 993, 465: 465 },
      containers: [
        {
          name: "imap",
          image,
          command: ["dovecot", "-F", "-c", "/config/dovecot.conf"],
          volumeMounts: [...mounts, { name: "run", mountPath: "/run/dovecot" }],
          ...probe(993),
        },
        {
          name: "smtp",
          image,
          command: ["python3", "-B", "-u", "/config/smtp.py"],
          env: [
            { name: "DOMAIN", value: domain },
            { name: "MAIL", value: "/mail" },
          ],
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
