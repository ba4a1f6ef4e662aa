import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestCa } from "../../support/ca";
import { Imap } from "../../support/imap";
import { isKept } from "./deliveryLog";

export const IMAP_HOST = "imap.provider.test";
const MAIL_USER = 4000;

export interface ProviderOptions {
  /** What the names of all folders begin with, the separator included: "INBOX." with some. @default nothing */
  readonly prefix?: string;
  /** How much each user may store, in kilobytes. @default as much as they like */
  readonly quota?: number;
  /** Whether what is stored survives a power cut. @default true, as at any provider */
  readonly durable?: boolean;
}

/** Dovecot playing the provider: TLS on port 993 of its address, plain text on 143 for the harness itself. */
export class Provider {
  private readonly users = new Map<string, string>();
  private injected = 0;

  constructor(
    readonly folder: string,
    readonly address: string,
    readonly ca: TestCa,
    private readonly options: ProviderOptions = {},
  ) {
    const { prefix, quota, durable = true } = options;
    for (const part of ["mail", "run", "state"]) mkdirSync(join(folder, part), { recursive: true });
    chownSync(join(folder, "mail"), MAIL_USER, MAIL_USER);
    const { cert, key } = ca.issue(IMAP_HOST);
    writeFileSync(join(folder, "users"), "");
    writeFileSync(
      join(folder, "dovecot.conf"),
      `
protocols = imap
listen = ${address}
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/dovecot.log
ssl = yes
ssl_cert = <${cert}
ssl_key = <${key}
disable_plaintext_auth = no
auth_username_chars =
auth_username_format = %u
auth_failure_delay = 0 secs
mail_max_userip_connections = 1000
mail_location = maildir:~/Maildir
mailbox_list_index = yes
${durable ? "" : "mail_fsync = never\n"}passdb {
  driver = passwd-file
  args = scheme=PLAIN ${folder}/users
}
userdb {
  driver = static
  args = uid=${MAIL_USER} gid=${MAIL_USER} home=${folder}/mail/%Mu
}
namespace inbox {
  inbox = yes
${prefix === undefined ? "" : `  prefix = ${prefix}\n  separator = ${prefix.slice(-1)}\n`}}
${quota === undefined ? "" : `mail_plugins = quota\nplugin {\n  quota = count:User quota\n  quota_vsizes = yes\n  quota_rule = *:storage=${quota}K\n  quota_grace = 0\n}\n`}service imap-login {
  process_min_avail = 1
  service_count = 0
  inet_listener imap {
    port = 143
  }
  inet_listener imaps {
    port = 993
    ssl = yes
  }
}
service imap {
  process_limit = 500
}
`,
    );
    this.start();
  }

  start(): void {
    // No pipes: the daemon would hold them open.
    const result = spawnSync("dovecot", ["-c", join(this.folder, "dovecot.conf")], { stdio: "ignore" });
    if (result.status !== 0) throw new Error("Dovecot did not start");
  }

  stop(): void {
    spawnSync("doveadm", ["-c", join(this.folder, "dovecot.conf"), "stop"], { stdio: "ignore" });
  }

  /** Logs everybody out, or one user, as a provider does at maintenance. */
  kick(user?: string): void {
    spawnSync("doveadm", ["-c", join(this.folder, "dovecot.conf"), "kick", user ?? "*"], { stdio: "ignore" });
  }

  /** Makes an account, or changes its password; returns when logins work, for Dovecot reads the file now and then. */
  async account(user: string, password: string): Promise<void> {
    this.users.set(user, password);
    this.writeUsers();
    for (let n = 0; ; n += 1) {
      try {
        (await this.session(user)).close();
        return;
      } catch (error) {
        if (n > 600) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  /** passwd-file has no quoting, so passwords of any characters go in as base64 of a salted hash. */
  private writeUsers(): void {
    const lines = [...this.users].map(([user, password]) => {
      const hash = createHash("sha256").update(password).digest("base64");
      // Dovecot looks names up with quotes escaped.
      return `${user.replace(/['"\\]/g, "\\$&")}:{SHA256}${hash}`;
    });
    // Whole or not at all: Dovecot may read it at any moment, and would refuse those who are not in it yet.
    const file = join(this.folder, "users");
    writeFileSync(`${file}.new`, `${lines.join("\n")}\n`);
    chmodSync(`${file}.new`, 0o644);
    renameSync(`${file}.new`, file);
  }

  /** What a folder is called here. */
  path(folder: string): string {
    return folder === "INBOX" ? folder : `${this.options.prefix ?? ""}${folder}`;
  }

  async session(user: string): Promise<Imap> {
    return Imap.login(this.address, 143, user, this.users.get(user) ?? "");
  }

  /** Puts messages into a folder, as they are: straight into the Maildir, as a delivery would. */
  async inject(user: string, messages: readonly Buffer[], folder = "INBOX"): Promise<void> {
    const imap = await this.session(user);
    if (folder !== "INBOX") await imap.command(`CREATE "${this.path(folder)}"`).catch(() => undefined);
    else await imap.command("SELECT INBOX");
    imap.close();
    const home = join(this.folder, "mail", createHash("md5").update(user).digest("hex"));
    const target = join(home, "Maildir", folder === "INBOX" ? "" : `.${folder}`);
    if (!existsSync(join(target, "new"))) throw new Error(`no Maildir at ${target}`);
    for (const message of messages) {
      this.injected += 1;
      const name = `${1_700_000_000 + this.injected}.M${this.injected}P${process.pid}.rig`;
      const temporary = join(target, "tmp", name);
      writeFileSync(temporary, message);
      chownSync(temporary, MAIL_USER, MAIL_USER);
      renameSync(temporary, join(target, "new", name));
    }
  }

  /** All of them. Where names begin with `mail/`, `mail` is the inbox by another name. */
  private async folders(imap: Imap): Promise<string[]> {
    return (await imap.folders()).filter((name) => name === "INBOX" || `${name}/` !== this.options.prefix);
  }

  /**
   * How many messages of one user wait here: copies that are kept are none of them. What moves while the folders are
   * looked through may be counted in neither, so nothing is nothing three times in a row.
   */
  async waiting(user: string): Promise<number> {
    const imap = await this.session(user);
    let count = 0;
    for (let n = 0; n < 3 && count === 0; n += 1) {
      for (const folder of (await this.folders(imap)).filter((name) => !isKept(name)))
        count += await imap.waiting(folder);
    }
    imap.close();
    return count;
  }

  /** Everything of one user that is still here, in any folder, not marked as deleted. */
  async remaining(user: string): Promise<Map<string, Buffer[]>> {
    const imap = await this.session(user);
    const all = new Map<string, Buffer[]>();
    for (const folder of await this.folders(imap)) all.set(folder, await imap.messages(folder));
    imap.close();
    return all;
  }
}
