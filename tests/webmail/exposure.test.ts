import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { Server as Relay } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deploy, type RawConfig, threeMailboxes } from "../support/deploy";
import { eventually } from "../support/wait";
import { cluster, hosts } from "./support/addresses";
import { launch, WebmailUser } from "./support/browser";
import { Client } from "./support/client";
import { type Seen, startMailServer, startPodNetwork } from "./support/fakePods";
import { Harness } from "./support/harness";
import { sampleMail } from "./support/sampleMail";
import { gateway, Traefiks } from "./support/traefik";

const kinds = ["Ingress", "Gateway"] as const;
const ingress: Record<(typeof kinds)[number], RawConfig> = {
  Ingress: { className: "traefik" },
  Gateway: { kind: "Gateway", controller: "traefik", gateway },
};

const harness = new Harness();
const traefiks = new Traefiks();
const folder = mkdtempSync(join(tmpdir(), "webmail-exposure-"));
let servers: (Server | Relay)[] = [];
const clients = {} as Record<(typeof kinds)[number], Client>;
/** Connections that say nothing for three minutes: begun first, looked at last. */
let pushed: Record<string, Promise<{ text: string }>>;

beforeAll(async () => {
  const stacks = [await deploy({ ...threeMailboxes, ingress: ingress.Ingress })];
  stacks.push(await deploy({ ...threeMailboxes, ingress: ingress.Gateway }));
  await harness.start({ proxy: false });
  servers = [await startMailServer(), await startPodNetwork()];
  await traefiks.start();
  await traefiks.certificate("roundcube-tls", harness.certificate(hosts.webmail));
  await traefiks.certificate("stalwart-tls", harness.certificate("mail.newjoy.ro"));
  await traefiks.gateway("roundcube-tls", "stalwart-tls");
  for (const stack of stacks) await traefiks.deploy(stack);
  for (const kind of kinds) {
    await traefiks.open(kind);
    clients[kind] = new Client(cluster[kind], harness.ca);
    for (const host of [hosts.webmail, hosts.mail]) await clients[kind].open(host);
  }
  const websocket = ["GET /jmap/ws HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"];
  const handshake = [...websocket, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];
  pushed = Object.fromEntries(
    kinds.flatMap((kind) => [
      [`${kind} events`, clients[kind].events(hosts.mail, "/jmap/eventsource/?types=*&closeafter=no&ping=0")],
      [`${kind} websocket`, clients[kind].raw(hosts.mail, handshake).then(({ bytes }) => ({ text: `${bytes}` }))],
    ]),
  );
});

afterAll(async () => {
  if (process.env.HARNESS_LOGS) console.log(harness.logs(), traefiks.log);
  for (const server of servers) server.close();
  await traefiks.stop();
  await harness.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(kinds)("through Traefik, by %s", (kind) => {
  const seenBy = async (...ask: Parameters<Client["ask"]>): Promise<Seen> =>
    JSON.parse((await clients[kind].ask(...ask)).body);

  it("a user signs in through Traefik and sends an attachment of 25 MB", async () => {
    const rules = `--host-resolver-rules=MAP ${hosts.webmail} ${cluster[kind]}`;
    const browser = await launch(harness, rules);
    try {
      harness.mail.deliver("kinga", sampleMail(`Through ${kind}`));
      const kinga = await (await WebmailUser.inNewBrowser(browser, "kinga")).signIn();
      await kinga.waitForMessage(`Through ${kind}`);
      const attachment = join(folder, `${kind}.bin`);
      writeFileSync(attachment, randomBytes(25_000_000));
      await kinga.send("friend@example.org", `Large by ${kind}`, "See attachment.", [attachment]);
      const sent = await eventually("the message at the sink", () =>
        harness.sink.deliveries.find((d) => d.message.includes(`Subject: Large by ${kind}`)),
      );
      expect(sent.message.length).toBeGreaterThan((25_000_000 * 4) / 3);
    } finally {
      await browser.close();
    }
  });

  it("JMAP accepts an upload of 60 MB through Traefik", async () => {
    const body = randomBytes(60_000_000);
    const { bytes } = await seenBy(hosts.mail, "/jmap/upload/a/", { method: "POST", body });
    expect(bytes).toBe(body.length);
  });

  it("the mail server gets the client's real address through Traefik, and not the one that the client states", async () => {
    const from = "127.0.0.77";
    const forged = { "x-forwarded-for": "203.0.113.9", forwarded: "for=203.0.113.9" };
    const { headers, raw } = await seenBy(hosts.mail, "/", { from, headers: forged });
    expect(headers["x-forwarded-for"]).toBe(from);
    expect(headers["x-forwarded-proto"]).toBe("https");
    expect(headers).not.toHaveProperty("forwarded");
    expect(raw.join()).not.toContain("203.0.113.9");
  });

  it("plain HTTP is redirected to HTTPS by Traefik, and the browser is told to remember it", async () => {
    for (const host of [hosts.webmail, hosts.mail]) {
      const plain = await clients[kind].ask(host, "/some/where?a=b", { plain: true });
      expect([plain.status, plain.headers.location]).toEqual([301, `https://${host}/some/where?a=b`]);
      const { headers } = await clients[kind].ask(host, "/");
      expect(headers["strict-transport-security"]).toMatch(/^max-age=31536000/);
    }
  });

  it("Traefik serves the certificate of each host", async () => {
    // Nothing is asked of a server whose certificate is another's.
    for (const host of [hosts.webmail, hosts.mail])
      expect((await clients[kind].ask(host, "/")).status).toBeLessThan(400);
  });
});

describe.each(kinds)("push through Traefik, by %s", (kind) => {
  it("a push through Traefik reaches a mail program that has received nothing for three minutes", async () => {
    expect((await pushed[`${kind} events`])?.text).toContain("event: state");
  });

  it("a push through Traefik reaches a WebSocket that has received nothing for three minutes", async () => {
    const text = (await pushed[`${kind} websocket`])?.text ?? "";
    expect(text).toMatch(/^HTTP\/1\.1 101 /);
    expect(text.endsWith("{}")).toBe(true);
  });
});
