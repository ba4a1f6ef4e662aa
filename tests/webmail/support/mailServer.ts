import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ports } from "../../../config/names";
import type { KeyPair } from "../../rig/ca";
import { addresses, domain, hosts } from "./addresses";
import { Server } from "./processes";

export const tokenCheckAddress = [addresses.harness, 8090] as const;

/** Folders that Stalwart makes for each account; no SPECIAL-USE, so that the webmail must know the names by itself. */
const folders = ["Drafts", "Sent Items", "Deleted Items", "Junk Mail"];

/** Dovecot in the mail server's place: IMAP, submission and ManageSieve with tokens only. */
export class MailServer {
  private constructor(
    private readonly folder: string,
    private readonly server: Server,
  ) {}

  static async start(folder: string, tls: KeyPair): Promise<MailServer> {
    const mail = join(folder, "mail");
    mkdirSync(mail, { recursive: true });
    execFileSync("chown", ["-R", "mail:mail", mail]);
    writeFileSync(
      join(folder, "oauth2.conf"),
      `introspection_mode = post
introspection_url = http://${tokenCheckAddress.join(":")}/
active_attribute = active
active_value = true
username_attribute = email
`,
    );
    const config = join(folder, "dovecot.conf");
    writeFileSync(
      config,
      `base_dir = ${folder}/run
state_dir = ${folder}/state
instance_name = webmail-rig
log_path = /dev/stderr
auth_verbose = yes
auth_failure_delay = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
protocols = imap submission sieve
listen = ${addresses.mail}
ssl = required
ssl_cert = <${tls.cert}
ssl_key = <${tls.key}
first_valid_uid = 1
auth_mechanisms = xoauth2 oauthbearer
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = ${folder}/oauth2.conf
}
userdb {
  driver = static
  args = uid=mail gid=mail home=${mail}/%n allow_all_users=yes
}
mail_location = maildir:~/Maildir:LAYOUT=fs
namespace inbox {
  inbox = yes
  separator = /
${folders.map((name) => `  mailbox "${name}" {\n    auto = subscribe\n  }`).join("\n")}
}
service imap-login {
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    port = ${ports.imaps}
    ssl = yes
  }
}
service submission-login {
  inet_listener submission {
    port = 0
  }
  inet_listener submissions {
    port = ${ports.submissions}
    ssl = yes
  }
}
service managesieve-login {
  inet_listener sieve {
    port = ${ports.manageSieve}
  }
}
hostname = ${hosts.mail}
submission_relay_host = ${addresses.harness}
submission_relay_port = 25
submission_relay_trusted = yes
submission_max_mail_size = 100 M
plugin {
  sieve = file:~/sieve;active=~/active.sieve
}
`,
    );
    const server = Server.start("dovecot", "dovecot", ["-F", "-c", config]);
    await server.listening(addresses.mail, ports.imaps);
    await server.listening(addresses.mail, ports.submissions);
    return new MailServer(folder, server);
  }

  get log(): string {
    return this.server.output;
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  /** Puts a message into a user's inbox. */
  deliver(user: string, message: Buffer): void {
    const maildir = this.maildir(user);
    for (const part of ["tmp", "new", "cur"]) mkdirSync(join(maildir, part), { recursive: true });
    const name = `${Date.now()}.R${Math.random().toString(36).slice(2)}.harness`;
    writeFileSync(join(maildir, "tmp", name), message);
    execFileSync("sh", ["-c", `chown -R mail:mail '${join(this.folder, "mail", user)}'`]);
    execFileSync("mv", [join(maildir, "tmp", name), join(maildir, "new", name)]);
    // Indexed at once, as by a real delivery: two connections that find the first message together can both miss it.
    const index = ["mailbox", "status", "-u", `${user}@${domain}`, "messages", "INBOX"];
    execFileSync("doveadm", ["-c", join(this.folder, "dovecot.conf"), ...index], {
      stdio: ["ignore", "ignore", "pipe"],
    });
  }

  /** Every message of a folder. */
  messages(user: string, folder: string): string[] {
    const maildir = folder === "INBOX" ? this.maildir(user) : join(this.maildir(user), folder);
    return ["new", "cur"].flatMap((part) => {
      const path = join(maildir, part);
      const names = statSync(path, { throwIfNoEntry: false }) ? readdirSync(path) : [];
      return names.map((name) => readFileSync(join(path, name), "latin1"));
    });
  }

  /** The filter script that is active for a user. */
  activeFilters(user: string): string {
    const path = join(this.folder, "mail", user, "active.sieve");
    return statSync(path, { throwIfNoEntry: false }) ? readFileSync(path, "utf8") : "";
  }

  private maildir(user: string): string {
    return join(this.folder, "mail", user, "Maildir");
  }
}
