import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { isPortOpen } from "../../../lib/isPortOpen";
import type { PrivateCa } from "../ca";
import type { FaultyProxyOptions } from "../fakes/provider/main";
import type { ExternalHost } from "../node";
import { fakeIssuerOptions } from "./issuer";
import { domain, externalNames } from "./names";
import { dovecotPorts, NOBODY, providerCommands, providerFiles, usersFile } from "./provider";
import type { Issuer, Provider, TestEnvironment } from "./types";

const ISSUER_PORT = 443;

/** Pocket ID 2.14 does not start for so long after SIGKILL. */
const LOCK_SECONDS = 90;

/** Starts a program again as often as it ends by itself, as an init system does. */
const KEEP_STARTING = ["sh", "-c", 'while :; do "$@"; sleep 1; done', "init"] as const;

/** Programs of Debian's that run there, by the package that brings them; the issuer runs on this Node. */
const NEEDED: Readonly<Record<string, string>> = {
  "/usr/sbin/dovecot": "dovecot-core",
  "/usr/lib/dovecot/imap": "dovecot-imapd",
  "/usr/bin/python3": "python3",
};

/** One line why this machine has no place for them; undefined when it has. */
export function whyNoExternalHost(): string | undefined {
  const missing = Object.entries(NEEDED).filter(([file]) => !fs.existsSync(file));
  if (missing.length === 0) return undefined;
  const packages = missing.map(([, name]) => name).join(" ");
  return `The fake mail provider needs programs that are not here: apt-get install -y --no-install-recommends ${packages}`;
}

/** Waits until something listens there. */
async function answers(externalHost: ExternalHost, port: number, log: string, seconds = 60): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await isPortOpen(externalHost.address, port))) {
    if (Date.now() > deadline) {
      const said = fs.readFileSync(log, "utf8").trim().split("\n").slice(-5).join("\n");
      throw new Error(`nothing listens on ${externalHost.address}:${port}. Its program said last:\n${said}`);
    }
    await sleep(200);
  }
}

/** Dovecot and the SMTP server, as they are in the cluster: without root. */
async function startProvider(
  externalHost: ExternalHost,
  ca: PrivateCa,
  passwords: Record<string, string>,
): Promise<Provider> {
  const folder = path.join(externalHost.folder, "provider");
  const root = path.join(externalHost.root, "provider");
  const { cert, key } = ca.issue(externalNames.provider);
  const files: Record<string, string> = {
    ...Object.fromEntries(Object.entries(providerFiles(root)).map(([name, text]) => [`config/${name}`, text])),
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
  const faultyProxy: FaultyProxyOptions = {
    address: externalHost.address,
    cert,
    key,
    backend: { host: externalHost.address, port: dovecotPorts.imap },
    switches,
  };
  const project = path.join(__dirname, "..", "..", "..");
  const program = [
    "--require",
    path.join(project, "start.cjs"),
    path.join(project, "tests/rig/fakes/provider/main.ts"),
  ];
  const before = externalHost.start("provider-proxy", [process.execPath, ...program], {
    env: { OPTIONS: JSON.stringify(faultyProxy) },
  });
  await answers(externalHost, 993, before);
  const start = async (): Promise<string> => {
    const imap = externalHost.start("provider-imap", commands.imap, { user: NOBODY });
    const env = { DOMAIN: domain, ROOT: root };
    const smtp = externalHost.start("provider-smtp", commands.smtp, { user: NOBODY, env });
    await answers(externalHost, dovecotPorts.imap, imap);
    await answers(externalHost, 465, smtp);
    return smtp;
  };
  const log = await start();
  return {
    host: externalNames.provider,
    passwords,
    setPassword: async (mailbox, password) => {
      passwords[mailbox] = password;
      await Promise.all([externalHost.end("provider-imap"), externalHost.end("provider-smtp")]);
      fs.writeFileSync(path.join(folder, "config", "users"), usersFile(passwords));
      await start();
    },
    injectFaults: async (switched) => fs.writeFileSync(switches, JSON.stringify(switched)),
    followLog: (onLine, signal) => {
      const tail = spawn("tail", ["-n", "0", "-F", log], { stdio: ["ignore", "pipe", "ignore"] });
      signal.addEventListener("abort", () => tail.kill(), { once: true });
      createInterface({ input: tail.stdout }).on("line", onLine);
      tail.on("error", () => {});
    },
  };
}

async function startIssuer(externalHost: ExternalHost, ca: PrivateCa): Promise<Issuer> {
  const url = `https://${externalNames.issuer}`;
  const { cert, key } = ca.issue(externalNames.issuer);
  const lock = { file: path.join(externalHost.folder, "issuer.lock"), seconds: LOCK_SECONDS };
  const at = { issuer: url, listen: externalHost.address, port: ISSUER_PORT, key, cert };
  const OPTIONS = fakeIssuerOptions({ ...at, lock });
  const program = path.join(__dirname, "..", "fakes", "pocket-id", "oidc-server.mjs");
  const start = async (): Promise<void> => {
    const log = externalHost.start("issuer", [...KEEP_STARTING, process.execPath, program], { env: { OPTIONS } });
    await answers(externalHost, ISSUER_PORT, log, 2 * LOCK_SECONDS);
  };
  await start();
  return {
    url,
    at: { host: externalHost.address, port: ISSUER_PORT },
    stop: () => externalHost.end("issuer"),
    kill: () => externalHost.end("issuer", "SIGKILL"),
    start,
  };
}

/** Mail provider and issuer on a host outside the cluster, where they are in real life. */
export async function startOnExternalHost(
  externalHost: ExternalHost,
  ca: PrivateCa,
  passwords: Record<string, string>,
): Promise<TestEnvironment> {
  return {
    provider: await startProvider(externalHost, ca, passwords),
    issuer: await startIssuer(externalHost, ca),
  };
}
