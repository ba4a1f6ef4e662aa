import { execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { findTools } from "../../rig/tools/find";
import { TestCa } from "../../support/ca";
import { fakeImapServer, stopFakeServers } from "../../support/fakeMailServers";
import { nameServer, type Zone } from "../../support/nameServer";
import { ROOT } from "../../support/pages";
import { type FakePocketId, startPocketId } from "../../support/pocketId";
import { engine, kubeconfig } from "./environment";

const REPOSITORY = "https://github.com/your-name/homelab-mail.git";
const ISSUER = "https://auth.your.domain";

/** What the reader types where a command asks for it: for each key of the configuration another secret. */
export function typed(command: string): string {
  if (/\b(identity\.apiKey|POCKET_ID_KEY)\b/.test(command)) return "typed-for-identity.apiKey";
  if (command.includes("monitoring.heartbeat")) return "https://hc-ping.com/typed-for-monitoring.heartbeat";
  const [, mailbox] = /--user (\w+)@/.exec(command) ?? [];
  const key = mailbox === undefined ? /--path (\S+)/.exec(command)?.[1] : `mailboxes.${mailbox}.password`;
  return `typed-for-${key ?? "nothing"}`;
}

/**
 * Someone who types the docs' commands into one shell. The servers outside the cluster are fakes: Pocket ID, the provider's IMAP,
 * a name server. curl, dig, git and Node find them under the names that the pages have.
 */
export class Reader {
  private folder: string;
  private readonly environment: NodeJS.ProcessEnv;

  private constructor(
    private readonly home: string,
    environment: NodeJS.ProcessEnv,
    readonly pocketId: FakePocketId,
    /** The records that the reader has set. */
    readonly zone: Zone,
    private readonly closeNames: () => void,
  ) {
    this.folder = home;
    this.environment = environment;
  }

  static async start(home: string): Promise<Reader> {
    const [bin, user] = [path.join(home, "bin"), path.join(home, "user")];
    for (const folder of [bin, user, path.join(home, "state")]) fs.mkdirSync(folder, { recursive: true });
    const ca = new TestCa(path.join(home, "ca"));
    const { key, cert } = ca.issue("auth.your.domain", "imap.migadu.com");
    const tls = { key: fs.readFileSync(key, "utf8"), cert: fs.readFileSync(cert, "utf8") };
    const pocketId = await startPocketId(typed("identity.apiKey"), { tls, issuer: ISSUER, groups: { family: "g-1" } });
    const [account, folders] = ["kinga@your.domain", { INBOX: [], Junk: [] }];
    const imap = await fakeImapServer({ key, cert }, { user: account, password: typed(`--user ${account}`), folders });
    const zone: Zone = {};
    const names = await nameServer(zone);
    console.warn("fakes of Pocket ID, of the provider's IMAP and of a name server answer the docs' commands");

    const { pulumi, searchPath } = await engine();
    await programs(bin, names.address);
    const at = (host: string, port: number): string => `connect-to = "${host}:127.0.0.1:${port}"\n`;
    const curl = `cacert = "${ca.cert}"\n${at("auth.your.domain:443", pocketId.port)}${at("imap.migadu.com:993", imap)}`;
    fs.writeFileSync(path.join(user, ".curlrc"), curl);
    return new Reader(
      home,
      {
        ...process.env,
        PATH: [bin, searchPath].join(path.delimiter),
        HOME: user,
        CURL_HOME: user,
        REAL_PULUMI: pulumi.command,
        KUBECONFIG: kubeconfig,
        PULUMI_HOME: pulumiHome(home), // who is logged in where
        PULUMI_BACKEND_URL: undefined, // what `pulumi login` says
        PULUMI_CONFIG_PASSPHRASE: "of-the-reader",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        NODE_EXTRA_CA_CERTS: ca.cert,
        NODE_OPTIONS: `--require ${path.join(__dirname, "pocketIdHost.cjs")}`,
        FAKE_POCKET_ID_PORT: String(pocketId.port),
        GIT_CONFIG_COUNT: "1",
        GIT_CONFIG_KEY_0: `url.${ROOT}.insteadOf`,
        GIT_CONFIG_VALUE_0: REPOSITORY,
      },
      pocketId,
      zone,
      names.close,
    );
  }

  /** The folder that stands for `~` in Pulumi's backend: the CLI takes that from the list of users, whatever HOME says. */
  inState(text: string): string {
    const state = path.join(this.home, "state");
    return text.replace("login --local", `login file://${state}`).replaceAll("file://~", `file://${state}`);
  }

  /** Puts an empty file below `~`, as a command leaves it that is not run here. */
  put(file: string): void {
    const there = path.join(this.home, "user", file);
    fs.mkdirSync(path.dirname(there), { recursive: true });
    fs.writeFileSync(there, "");
  }

  /** Runs one command; what it asks for is typed. The shell's folder and variables stay for the next one. */
  async sh(command: string): Promise<string> {
    const [, folder] = /^cd (\S+)/.exec(command) ?? [];
    const [, variable] = /^read -rs (\w+)/.exec(command) ?? [];
    if (variable !== undefined) this.environment[variable] = typed(command);
    if (folder !== undefined) this.folder = path.join(this.folder, folder);
    if (variable !== undefined || folder !== undefined) return "";
    const printed = await this.run(this.inState(command));
    if (command.startsWith("git clone")) this.complete(path.join(this.folder, "homelab-mail"));
    return printed;
  }

  private run(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      // Without a terminal, so that curl, too, reads a password from standard input.
      const child = spawn("bash", ["-euo", "pipefail", "-c", command], {
        cwd: this.folder,
        env: this.environment,
        detached: true,
      });
      let [printed, problems] = ["", ""];
      child.stdout.setEncoding("utf8").on("data", (text) => (printed += text));
      child.stderr.setEncoding("utf8").on("data", (text) => (problems += text));
      child.stdin.on("error", () => {}).end(`${typed(command)}\n`);
      child.on("error", reject);
      child.on("close", (status) =>
        status === 0 ? resolve(printed) : reject(new Error(`${command}\n${printed}${problems}`)),
      );
    });
  }

  /** A clone has what is committed. What is not yet is copied, and the packages are those of this checkout. */
  private complete(clone: string): void {
    const options = ["ls-files", "-z", "--modified", "--others", "--exclude-standard"];
    const changed = execFileSync("git", options, { cwd: ROOT, encoding: "utf8" }).split("\0").filter(Boolean);
    for (const file of new Set(changed)) {
      const [from, to] = [path.join(ROOT, file), path.join(clone, file)];
      fs.rmSync(to, { force: true });
      if (fs.existsSync(from)) fs.cpSync(from, to, { recursive: true });
    }
    fs.symlinkSync(path.join(ROOT, "node_modules"), path.join(clone, "node_modules"));
  }

  async stop(): Promise<void> {
    this.closeNames();
    stopFakeServers();
    await this.pocketId.close();
  }
}

/** Programs in a folder for PATH: the CLI as tests/e2e/support/pulumi.ts has it, kubectl, and a dig that asks the name server. */
async function programs(bin: string, names: string): Promise<void> {
  const { kubectl } = await findTools(["kubectl"], () => {});
  fs.symlinkSync(kubectl as string, path.join(bin, "kubectl"));
  const script = (name: string, ...words: string[]): void =>
    fs.writeFileSync(path.join(bin, name), `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`, { mode: 0o755 });
  const [start, main] = [path.join(ROOT, "start.cjs"), path.join(__dirname, "pulumi.ts")];
  script("pulumi", `'${process.execPath}'`, "--require", `'${start}'`, `'${main}'`);
  const dig = (process.env.PATH ?? "").split(path.delimiter).map((folder) => path.join(folder, "dig"));
  const found = dig.find((file) => fs.existsSync(file));
  if (found === undefined) throw new Error("dig is missing: apt install bind9-dnsutils");
  const [address, port] = names.split(":");
  script("dig", found, `@${address}`, "-p", `${port}`);
}

/** A home of the CLI with the real plugins, where they were downloaded. */
function pulumiHome(home: string): string {
  const own = path.join(home, ".pulumi");
  fs.mkdirSync(own, { recursive: true });
  const plugins = path.join(process.env.PULUMI_HOME ?? path.join(os.homedir(), ".pulumi"), "plugins");
  if (fs.existsSync(plugins)) fs.symlinkSync(plugins, path.join(own, "plugins"));
  return own;
}
