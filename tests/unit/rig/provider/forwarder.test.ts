import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tls from "node:tls";
import { isPortOpen } from "../../../../lib/isPortOpen";
import { PrivateCa } from "../../../rig/ca";
import { freePorts } from "../../../rig/cluster/processes";
import { FaultyProxyTunnel } from "../../../rig/fakes/provider/faultyProxyTunnel";
import { eventually } from "../../../support/wait";

const NAME = "mail.provider.test";
const folder = mkdtempSync(join(tmpdir(), "forwarder-"));
const ca = new PrivateCa(folder);
const certificate = ca.issue(NAME);
const options = { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) };

const direct = tls.createServer(options, (client) => client.on("error", () => undefined).write("* OK Dovecot\r\n"));
const behind = createServer((client) => client.on("error", () => undefined).write("* OK behind the proxy\r\n"));
let [port, tunnelPort] = [0, 0];
let program: ChildProcess | undefined;

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
};

beforeAll(async () => {
  const [first = 0, second = 0] = await freePorts(2);
  [port, tunnelPort] = [first, second];
  const env = { PORT: String(port), DOVECOT: String(await listening(direct)), TUNNEL: String(tunnelPort) };
  await listening(behind);
  const file = join(__dirname, "../../../rig/fakes/provider/forwarder.py");
  program = spawn("python3", ["-B", file], { env: { ...process.env, ...env }, stdio: "inherit" });
  await eventually("the forwarder listens", () => isPortOpen("127.0.0.1", port));
});
afterAll(() => {
  program?.kill();
  direct.close();
  behind.close();
  rmSync(folder, { recursive: true });
});

/** A client that has been greeted. */
const client = (): Promise<{ greeting: string; closed: Promise<void>; end: () => void }> =>
  new Promise((resolve, reject) => {
    const socket = tls.connect({ host: "127.0.0.1", port, servername: NAME, ca: readFileSync(ca.cert) });
    const closed = new Promise<void>((over) => socket.once("close", () => over()));
    socket.on("error", reject);
    socket.once("data", (text) => resolve({ greeting: String(text).trim(), closed, end: () => socket.destroy() }));
  });

test("clients of the provider in the cluster reach Dovecot, the faulty proxy while it is connected, and Dovecot again, each cut at the change", async () => {
  const before = await client();
  expect(before.greeting).toBe("* OK Dovecot");
  const { port: dovecot } = behind.address() as AddressInfo;
  const tunnel = await FaultyProxyTunnel.open(certificate, { tunnel: tunnelPort, dovecot });
  await before.closed;
  const during = await Promise.all(Array.from({ length: 9 }, client)); // more than wait in advance
  expect(new Set(during.map(({ greeting }) => greeting))).toEqual(new Set(["* OK behind the proxy"]));
  await tunnel.close();
  await Promise.all(during.map(({ closed }) => closed));
  const after = await client();
  expect(after.greeting).toBe("* OK Dovecot");
  after.end();
  await after.closed;
});
