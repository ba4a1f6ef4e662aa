import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { clusterApi, keepPortForward, portForward, startProxy, type TimedKubectl } from "../../../lib/kubectl";
import { KubeClient } from "../../rig/cluster/kube";
import { eventually } from "../../support/wait";

const folder = mkdtempSync(join(tmpdir(), "kubectl-"));
const over = new AbortController();
afterAll(() => {
  over.abort();
  rmSync(folder, { recursive: true });
});

let made = 0;
function program(text: string, more: Partial<TimedKubectl> = {}): TimedKubectl {
  const command = join(folder, `kubectl-${made++}`);
  writeFileSync(command, text, { mode: 0o755 });
  return { command, limit: 600_000, ...more };
}

/** A kubectl that says what the real one was seen to say, and fails. */
const saying = (words: string): TimedKubectl => program(`#!/bin/sh\necho '${words}' >&2\nexit 1\n`);

/** A kubectl whose lines are JavaScript; `words` are its arguments. */
const running = (lines: string): TimedKubectl =>
  program(`#!${process.execPath}\nconst words = process.argv.slice(2);\n${lines}`);

test.each([
  'Error from server (NotFound): services "kube-dns" not found',
  "Error from server (NotFound): the server could not find the requested resource",
])("kubectl's answer that an object does not exist is told from one that it cannot be read: %s", async (words) => {
  expect(await clusterApi({ ...saying(words), namespace: "mail" }).get("/api/v1/x")).toBeUndefined();
});

test("an object that cannot be read with kubectl is reported with the reason", async () => {
  const words = 'Error from server (Forbidden): services "kube-dns" is forbidden: User "kinga" cannot get resource';
  await expect(clusterApi({ ...saying(words), namespace: "mail" }).get("/api/v1/x")).rejects.toThrow("is forbidden");
});

const target = { namespace: "mail", target: "service/x", port: 80 };

test("a port-forward that fails is reported with kubectl's last line", async () => {
  const words = 'error: context "zz" does not exist';
  await expect(portForward(saying(words), target, over.signal)).rejects.toThrow(/^context "zz" does not exist$/);
});

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test("a port-forward that never begins fails after its limit, and its kubectl ends", async () => {
  const pid = join(folder, "pid");
  const kubectl = program(`#!/bin/sh\necho $$ >'${pid}'\nexec sleep 100000\n`, { limit: 2_000 });
  await expect(portForward(kubectl, target, over.signal)).rejects.toThrow(
    "the port-forward to service/x timed out after 2 seconds",
  );
  await eventually("kubectl's end", () => !isRunning(Number(readFileSync(pid, "utf8"))), { seconds: 600 });
});

/** A process with a kubectl in the background; returns both ids once kubectl runs. */
async function startedElsewhere(): Promise<{
  readonly kubectl: number;
  readonly end: (signal: NodeJS.Signals) => void;
}> {
  const pid = join(folder, `pid-${made}`);
  const kubectl = program(`#!/bin/sh\necho $$ >'${pid}.new' && mv '${pid}.new' '${pid}'\nexec sleep 100000\n`);
  const starts = `require("./lib/kubectl").startProxy(${JSON.stringify(kubectl)}, new AbortController().signal)`;
  const child = spawn(process.execPath, ["--require", "./start.cjs", "--eval", starts], {
    cwd: join(__dirname, "../../.."),
    stdio: "ignore",
  });
  await eventually("a kubectl", () => existsSync(pid), { seconds: 600 });
  return { kubectl: Number(readFileSync(pid, "utf8")), end: (signal) => child.kill(signal) };
}

test.each(["SIGKILL", "SIGTERM"] as const)(
  "a kubectl in the background ends when the process that started it ends with %s",
  async (signal) => {
    const { kubectl, end } = await startedElsewhere();
    expect(isRunning(kubectl)).toBe(true);
    end(signal);
    await eventually("kubectl's end", () => !isRunning(kubectl), { seconds: 600 });
  },
);

test("a missing kubectl is named in the message", async () => {
  const kubectl = { command: join(folder, "none"), limit: 600_000 };
  await expect(portForward(kubectl, target, over.signal)).rejects.toThrow("none` is not installed");
  await expect(startProxy(kubectl, over.signal)).rejects.toThrow("none` is not installed");
});

test("a port-forward that is kept leads the same local port to the next pod when one ends", async () => {
  const seen = join(folder, "seen");
  const kubectl = running(`
    require("node:fs").appendFileSync("${seen}", words.at(-1) + "\\n");
    console.log("Forwarding from 127.0.0.1:4711 -> 80");
    setTimeout(() => {}, 10);`);
  const ending = new AbortController();
  expect(await keepPortForward(kubectl, target, ending.signal)).toBe(4711);
  const runs = (): string[] => readFileSync(seen, "utf8").split("\n");
  await eventually("a second run", async () => (runs().length > 2 ? true : undefined), { seconds: 600 });
  ending.abort();
  expect(runs().slice(0, 2)).toEqual([":80", "4711:80"]);
});

/** A kubectl proxy that says what the real one was seen to say when a login command fails. */
const proxy = (answer: string): TimedKubectl =>
  running(`
    const socket = words.find((word) => word.startsWith("--unix-socket=")).slice(14);
    require("node:http").createServer((request, response) => { ${answer} }).listen(socket, () =>
      console.log("Starting to serve on " + socket));`);

test("the socket of kubectl proxy is in a folder that no other user can enter, and goes with it", async () => {
  const ending = new AbortController();
  const { socket } = await startProxy(proxy("response.end()"), ending.signal);
  expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700);
  ending.abort();
  await eventually("the folder's end", async () => (existsSync(dirname(socket)) ? undefined : true), { seconds: 600 });
});

test("a request goes through kubectl proxy, whose kubeconfig has the login", async () => {
  const answer = `response.end(JSON.stringify({ message: request.headers.host + request.url }));`;
  const client = await KubeClient.throughKubectl(proxy(answer), over.signal);
  // The real one refuses every other name of a host.
  expect(await client.request("GET", "/readyz?a=b")).toEqual({ message: "localhost/readyz?a=b" });
});

test("the reason that a login command prints is in the error of the request that needs it", async () => {
  const answer = `
    console.error("log in first");
    console.error("E1128 22:13:55.757824   16215 proxy_server.go:147] Error while proxying request: getting credentials");
    response.writeHead(500).end("getting credentials: exec: executable login failed with exit code 3\\n");`;
  const client = await KubeClient.throughKubectl(proxy(answer), over.signal);
  const request = (): Promise<string> => client.request("GET", "/").then(String, (error: Error) => error.message);
  // kubectl writes both at once, and the pipe with the reason may be read after the answer.
  const message = await eventually(
    "the reason",
    async () => {
      const text = await request();
      return text.includes("log in") ? text : undefined;
    },
    { seconds: 600 },
  );
  expect(message).toBe("getting credentials: exec: executable login failed with exit code 3: log in first");
});

test("a context that does not exist is reported in kubectl's words when the client is opened", async () => {
  const words = 'error: context "zz" does not exist';
  await expect(KubeClient.throughKubectl(saying(words), over.signal)).rejects.toThrow(/^context "zz" does not exist$/);
});
