import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tls from "node:tls";
import { collectCertificate, compared, type Served } from "../../../../../doctor/checks/certificates/collect";
import { evaluateCertificates } from "../../../../../doctor/checks/certificates/evaluate";
import type { KeyPair } from "../../../../rig/ca";
import { TestCa } from "../../../../support/ca";
import { listen } from "../../../../support/listen";

const folder = mkdtempSync(join(tmpdir(), "doctor-certificates-"));
const testCa = new TestCa(folder);
const ca = [testCa.pem];
const good = testCa.issue("mail.newjoy.test");
const other = testCa.issue("elsewhere.test");
const servers: net.Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true });
});

const read = ({ key, cert }: KeyPair) => ({ key: readFileSync(key), cert: readFileSync(cert) });

function started(server: net.Server): Promise<number> {
  servers.push(server);
  return listen(server);
}

const tlsServer = (pair: KeyPair): Promise<number> => started(tls.createServer(read(pair), (socket) => socket.end()));

/** Speaks SMTP until TLS begins. */
const submission = (pair: KeyPair, answer = "220 2.0.0 go ahead"): Promise<number> =>
  started(
    net.createServer((socket) => {
      socket.on("error", () => {});
      socket.write("220 mail.newjoy.test ESMTP\r\n");
      socket.on("data", (data) => {
        const said = data.toString();
        if (said.startsWith("EHLO")) socket.write("250-mail.newjoy.test\r\n250 STARTTLS\r\n");
        if (!said.startsWith("STARTTLS")) return;
        socket.write(`${answer}\r\n`);
        socket.removeAllListeners("data");
        new tls.TLSSocket(socket, { isServer: true, ...read(pair) }).on("error", () => {});
      });
    }),
  );

const look = (port: number, more: { startTls?: boolean; limit?: number; trusted?: string[] } = {}) =>
  collectCertificate(
    {
      host: "mail.newjoy.test",
      port,
      ...(more.startTls && { startTls: true }),
      address: { host: "127.0.0.1", port },
    },
    { ca: more.trusted ?? ca, limit: more.limit ?? 60_000 },
  );
const codes = (endpoints: Awaited<ReturnType<typeof look>>[], now = Date.now()) =>
  evaluateCertificates({ namespace: "stalwart-mail", now: now - 20 * 86_400_000, endpoints }).map(({ code }) => code);

test("a good certificate is read from a port with TLS, and after STARTTLS", async () => {
  const seen = [await look(await tlsServer(good)), await look(await submission(good), { startTls: true })];
  expect(seen).toMatchObject([{ covers: true, names: ["mail.newjoy.test"] }, { covers: true }]);
  expect(codes(seen)).toEqual(["ok", "ok"]);
});

test("a certificate for another host is recognized", async () => {
  expect(codes([await look(await tlsServer(other))])).toEqual(["name"]);
});

test("a CA that is not configured is not trusted", async () => {
  const seen = await look(await tlsServer(good), { trusted: [] });
  expect(codes([seen])).toEqual(["untrusted"]);
});

test("a certificate that has expired is reported as expired, and not as untrusted", async () => {
  const seen = await look(await tlsServer(testCa.expired("mail.newjoy.test")));
  expect(evaluateCertificates({ namespace: "x", now: Date.now(), endpoints: [seen] })).toMatchObject([
    { code: "expired" },
  ]);
});

test("a closed port, and one that does not respond, are reported with the reason", async () => {
  const server = net.createServer();
  const closed = await started(server);
  await new Promise((resolve) => server.close(resolve));
  const silent = await started(net.createServer());
  const seen = [await look(closed), await look(silent, { limit: 200 })];
  expect(seen).toMatchObject([
    { error: "connection refused" },
    { error: expect.stringMatching(/says nothing|no answer/) },
  ]);
});

test("a server that refuses STARTTLS is reported with its response", async () => {
  const seen = await look(await submission(good, "454 4.7.0 TLS not available"), { startTls: true });
  expect(seen).toMatchObject({ error: expect.stringContaining("454 4.7.0 TLS not available") });
});

test("the served certificate is compared with the one in the Secret", async () => {
  const seen = await look(await tlsServer(good));
  const with_ = (pair: KeyPair) => ({
    "mail.newjoy.test": { name: "stalwart-tls", pem: readFileSync(pair.cert, "utf8") },
  });
  expect(compared([seen], with_(good))[0] as Served).toMatchObject({ secret: { same: true } });
  expect(compared([seen], with_(other))[0] as Served).toMatchObject({ secret: { same: false } });
});
