import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { renderFetchmailrc } from "../../../components/fetcher/fetchmailrc";
import { freePorts } from "../../rig/cluster/processes";

const folder = path.join(__dirname, "../../../components/fetcher/program");

/** The fetcher's program as its pod runs it, but for the ports of its relays, which may be taken on this machine. */
const program = `
import sys
sys.path.insert(0, ${JSON.stringify(folder)})
import supervisor
Proxy = supervisor.Proxy
supervisor.Proxy = lambda port, *rest, **more: Proxy(0, *rest, **more)
sys.exit(supervisor.main())
`;

/** Runs the fetcher, with a provider that nobody reaches, and returns what it says at /metrics. */
export async function scrapeFetcher(mailbox: string): Promise<string> {
  const state = fs.mkdtempSync(path.join(os.tmpdir(), "fetcher-"));
  const rc = { imap: { host: "localhost", port: 1 } };
  fs.writeFileSync(path.join(state, "inbox.fetchmailrc"), renderFetchmailrc({ ...rc, folder: "INBOX" }));
  fs.writeFileSync(path.join(state, "junk.fetchmailrc"), renderFetchmailrc({ ...rc, folder: "Junk" }));
  fs.writeFileSync(path.join(state, "source.fetchmailrc"), ""); // no login is there for the source
  fs.writeFileSync(path.join(state, "address"), `${mailbox}@example.org`);
  fs.writeFileSync(path.join(state, "password"), "not-a-password");
  const [port] = await freePorts(1);
  const args = [
    `--mailbox=${mailbox}`,
    "--imap=127.0.0.1:1",
    "--retention=7",
    "--source=old,127.0.0.1:1,7",
    "--sink=127.0.0.1:1",
    "--junk-sink=127.0.0.1:1",
    ...["program", "credentials", "state"].map((name) => `--${name}=${state}`),
    `--http=${port}`,
  ];
  const running = spawn("python3", ["-B", "-c", program, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  running.stderr.on("data", (text) => {
    said += text;
  });
  try {
    for (let tries = 0; tries < 300 && running.exitCode === null; tries++) {
      const answer = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined);
      if (answer?.ok) return await answer.text();
      await sleep(100);
    }
    throw new Error(`the fetcher does not answer: ${said}`);
  } finally {
    running.kill("SIGKILL");
    fs.rmSync(state, { recursive: true, force: true });
  }
}
