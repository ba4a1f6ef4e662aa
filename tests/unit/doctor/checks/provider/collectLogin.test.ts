import * as net from "node:net";
import { collectMailbox, collectRelay } from "../../../../../doctor/checks/provider/collect";
import { collectSender } from "../../../../../doctor/checks/provider/collectSenders";
import { fakeSmtpServer, startTlsServer, stopFakeServers } from "../../../../support/fakeMailServers";
import { listen } from "../../../../support/listen";
import { args, elsewhere, here, imap, kinga } from "./support";

test("a wrong password is reported as a refused login, with the provider's message and without the password", async () => {
  const seen = await collectMailbox(await imap({ INBOX: [] }), { ...kinga, password: "wr0ng" }, args);
  expect(seen).toMatchObject({ failed: "refused", reason: expect.stringContaining("Authentication failed") });
  expect(JSON.stringify(seen)).not.toContain("wr0ng");
});

test("a refused login at the provider is repeated after ten minutes, because providers lock accounts, and other failures at once", async () => {
  const at = await imap({ INBOX: [] });
  const wrong = { ...kinga, password: "wr0ng-again" };
  const refused = await collectMailbox(at, wrong, args);
  expect(refused).toMatchObject({ failed: "refused" });
  expect(await collectMailbox(at, kinga, args)).toMatchObject({ waiting: [{ count: 0 }] });
  const clock = jest.spyOn(Date, "now");
  const start = Date.now();
  stopFakeServers();
  clock.mockReturnValue(start + 599_000);
  expect(await collectMailbox(at, wrong, args)).toEqual(refused);
  clock.mockReturnValue(start + 601_000);
  expect(await collectMailbox(at, wrong, args)).toMatchObject({ failed: "unreachable" });
  clock.mockRestore();
  const back = net.createServer((socket) => socket.end("* BYE [UNAVAILABLE] down for maintenance\r\n"));
  back.listen(at.port);
  expect(await collectMailbox(at, wrong, args)).not.toMatchObject({ reason: "connection refused" });
  back.close();
});

test("no password is sent under a certificate for another name or of an unknown CA", async () => {
  const received: string[] = [];
  const other = await collectMailbox(await imap({}, received, elsewhere), kinga, args);
  const unknown = await collectMailbox(await imap({}, received), kinga, { ...args, ca: [] });
  expect([other, unknown]).toMatchObject([
    { failed: "certificate", reason: "ERR_TLS_CERT_ALTNAME_INVALID" },
    { failed: "certificate", reason: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" },
  ]);
  expect(received).toEqual([]);
});

test("a provider that is down, and one that does not respond, are unreachable", async () => {
  const silent = net.createServer((socket) => socket.on("error", () => {}));
  const port = await listen(silent);
  const quiet = await collectMailbox({ host: "localhost", port }, kinga, { ...args, limit: 300 });
  silent.close();
  expect(quiet).toMatchObject({ failed: "unreachable", reason: "timed out" });
  const away = await collectMailbox({ host: "127.0.0.1", port: 1 }, kinga, args);
  expect(away).toMatchObject({ failed: "unreachable", reason: "connection refused" });
});

describe("sending as oneself", () => {
  const own = { username: kinga.address, password: kinga.password };
  const smtp = async (rules: Parameters<typeof fakeSmtpServer>[3], pair = here) => ({
    host: "localhost",
    port: await fakeSmtpServer(pair, own.username, own.password, rules),
  });
  const seen = (at: Awaited<ReturnType<typeof smtp>>, sender = kinga.address, how = own) =>
    collectSender(at, "kinga", sender, how, args);

  test("sending with a mailbox's own login is tried up to the recipient, and nothing is sent", async () => {
    const received: string[] = [];
    expect(await seen(await smtp({ only: kinga.address, received }))).toMatchObject({ mailbox: "kinga", works: true });
    expect(received).toEqual(expect.arrayContaining([`MAIL FROM:<${kinga.address}>`, `RCPT TO:<${kinga.address}>`]));
    expect(received.map((line) => line.slice(0, 4))).not.toContain("DATA");
  });
  test("refused sending is reported with the provider's message, at the recipient at the latest", async () => {
    expect(await seen(await smtp({ only: kinga.address }), "boss@newjoy.ro")).toMatchObject({
      failed: "sender",
      reason: expect.stringContaining("553 5.7.1"),
    });
  });
  test("a refused login for sending is reported when the login fails, without the password", async () => {
    const refused = await seen(await smtp({}), kinga.address, { ...own, password: "wr0ng-too" });
    expect(refused).toMatchObject({ failed: "refused", reason: expect.stringContaining("535 5.7.8") });
    expect(JSON.stringify(refused)).not.toContain("wr0ng-too");
  });
  test("a server that closes the connection, or refuses the greeting, is unreachable for sending, in its own words", async () => {
    const answering = async (ehlo: string | undefined) => ({
      host: "localhost",
      port: await startTlsServer(here, "220 provider.test ESMTP\r\n", () => () => ehlo),
    });
    expect(await seen(await answering(undefined))).toMatchObject({
      failed: "unreachable",
      reason: "connection closed",
    });
    expect(await seen(await answering("421 4.3.2 down for maintenance\r\n"))).toMatchObject({
      failed: "unreachable",
      reason: "421 4.3.2 down for maintenance",
    });
  });
  test("the test of sending sends no password under a certificate for another name, and reports a server that does not respond", async () => {
    expect(await seen(await smtp({}, elsewhere))).toMatchObject({ failed: "certificate" });
    expect(await seen({ host: "127.0.0.1", port: 1 })).toMatchObject({
      failed: "unreachable",
      reason: "connection refused",
    });
  });
});

describe("the login for sending", () => {
  const relay = { username: "service@newjoy.ro", password: "s3cret" };
  const smtp = async (pair = here) => ({
    host: "localhost",
    port: await fakeSmtpServer(pair, relay.username, relay.password),
  });

  test("the login for sending is tried without sending anything", async () => {
    expect(await collectRelay(await smtp(), relay, args)).toMatchObject({ works: true });
  });
  test("a refused login for sending is reported with the provider's message, without the password", async () => {
    const seen = await collectRelay(await smtp(), { ...relay, password: "wr0ng" }, args);
    expect(seen).toMatchObject({ failed: "refused", reason: "535 5.7.8 Error: authentication failed" });
    expect(JSON.stringify(seen)).not.toContain("wr0ng");
  });
  test("the login for sending is not sent under a certificate for another name", async () => {
    expect(await collectRelay(await smtp(elsewhere), relay, args)).toMatchObject({
      failed: "certificate",
      reason: expect.stringContaining("does not match certificate's altnames"),
    });
  });
  test("a server for sending that is busy is unreachable, in its own words", async () => {
    const port = await startTlsServer(here, "421 4.3.2 too many connections\r\n", () => () => undefined);
    expect(await collectRelay({ host: "localhost", port }, relay, args)).toMatchObject({
      failed: "unreachable",
      reason: "421 4.3.2 too many connections",
    });
  });
  test("the login for sending is reported as unreachable when no server responds", async () => {
    const at = { host: "127.0.0.1", port: 1 };
    expect(await collectRelay(at, relay, args)).toMatchObject({ failed: "unreachable", reason: "connection refused" });
  });
});
