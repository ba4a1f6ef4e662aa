import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Authority } from "../ca";
import type { FrontOptions } from "../fakes/provider/main";
import type { Outside } from "../node";
import { knock } from "./isPortOpen";
import { standInOptions } from "./issuer";
import { beyond, domain } from "./names";
import { BEHIND, NOBODY, providerCommands, providerFiles, usersFile } from "./provider";
import type { Issuer, Provider, World } from "./types";

const ISSUER_PORT = 443;

/** Programs of Debian's that run there, by the package that brings them; the issuer runs on this Node. */
const NEEDED: Readonly<Record<string, string>> = {
  "/usr/sbin/dovecot": "dovecot-core",
  "/usr/lib/dovecot/imap": "dovecot-imapd",
  "/usr/bin/python3": "python3",
};

/** One line why this machine has no place for them; undefined when it has. */
export function whyNotBeyond(): string | undefined {
  const missing = Object.entries(NEEDED).filter(([file]) => !fs.existsSync(file));
  if (missing.length === 0) return undefined;
  const packages = missing.map(([, name]) => name).join(" ");
  return `The make-believe provider needs programs that are not here: apt-get install -y --no-install-recommends ${packages}`;
}

/** Waits until something listens there. */
async function answers(outside: Outside, port: number, log: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await knock(outside.address, port))) {
    if (Date.now() > deadline) {
      const said = fs.readFileSync(log, "utf8").trim().split("\n").slice(-5).join("\n");
      throw new Error(`nothing listens on ${outside.address}:${port}. Its program said last:\n${said}`);
    }
    await sleep(200);
  }
}

/** Dovecot and the SMTP server, as they are in the cluster: without root. */
async function startProvider(
  outside: Outside,
  authority: Authority,
  passwords: Record<string, string>,
): Promise<Provider> {
  const folder = path.join(outside.folder, "provider");
  const root = path.join(outside.root, "provider");
  const { cert, key } = authority.issue(beyond.provider);
  const files: Record<string, string> = {
    ...Object.fromEntries(Object.entries(providerFiles(root, true)).map(([name, text]) => [`config/${name}`, text])),
    "config/users": usersFile(passwords),
    "tls/tls.crt": fs.readFileSync(cert, "utf8"),
    "tls/tls.key": fs.readFileSync(key, "utf8"),
  };
  for (const part of ["config", "tls", "mail", "run/dovecot"]) {
    fs.mkdirSync(path.join(folder, part), { recursive: true });
    fs.chownSync(path.join(folder, part), NOBODY, NOBODY);
  }
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
  const commands = providerCommands(root);
  const switches = path.join(folder, "config", "switches.json");
  const front: FrontOptions = {
    address: outside.address,
    cert,
    key,
    backend: { host: outside.address, port: BEHIND },
    switches,
  };
  const project = path.join(__dirname, "..", "..", "..");
  const program = [
    "--require",
    path.join(project, "start.cjs"),
    path.join(project, "tests/rig/fakes/provider/main.ts"),
  ];
  const before = outside.start("provider-front", [process.execPath, ...program], {
    env: { OPTIONS: JSON.stringify(front) },
  });
  await answers(outside, 993, before);
  const start = async (): Promise<string> => {
    const imap = outside.start("provider-imap", commands.imap, { user: NOBODY });
    const env = { DOMAIN: domain, ROOT: root };
    const smtp = outside.start("provider-smtp", commands.smtp, { user: NOBODY, env });
    await answers(outside, BEHIND, imap);
    await answers(outside, 465, smtp);
    return smtp;
  };
  const log = await start();
  return {
    host: beyond.provider,
    passwords,
    setPassword: async (mailbox, password) => {
      passwords[mailbox] = password;
      await Promise.all([outside.end("provider-imap"), outside.end("provider-smtp")]);
      fs.writeFileSync(path.join(folder, "config", "users"), usersFile(passwords));
      await start();
    },
    misbehave: (switched) => fs.writeFileSync(switches, JSON.stringify(switched)),
    follow: (onLine, signal) => {
      const tail = spawn("tail", ["-n", "0", "-F", log], { stdio: ["ignore", "pipe", "ignore"] });
      signal.addEventListener("abort", () => tail.kill(), { once: true });
      createInterface({ input: tail.stdout }).on("line", onLine);
      tail.on("error", () => {});
    },
  };
}

async function startIssuer(outside: Outside, authority: Authority): Promise<Issuer> {
  const url = `https://${beyond.issuer}`;
  const { cert, key } = authority.issue(beyond.issuer);
  const OPTIONS = standInOptions({ issuer: url, listen: outside.address, port: ISSUER_PORT, key, cert });
  const program = path.join(__dirname, "..", "fakes", "pocket-id", "oidc-server.mjs");
  const back = async (): Promise<void> => {
    const log = outside.start("issuer", [process.execPath, program], { env: { OPTIONS } });
    await answers(outside, ISSUER_PORT, log);
  };
  await back();
  return {
    url,
    at: { host: outside.address, port: ISSUER_PORT },
    away: () => outside.end("issuer"),
    back,
  };
}

/** Provider and issuer on a machine beyond the cluster, where they are in real life. */
export async function beyondCluster(
  outside: Outside,
  authority: Authority,
  passwords: Record<string, string>,
): Promise<World> {
  return {
    provider: await startProvider(outside, authority, passwords),
    issuer: await startIssuer(outside, authority),
  };
}
