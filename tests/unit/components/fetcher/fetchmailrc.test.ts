import fc from "fast-check";
import {
  placeholders,
  quote,
  renderFetchmailrc,
  renderSourceFetchmailrc,
  sourcePlaceholders,
} from "../../../../components/fetcher/fetchmailrc";

const endpoint = fc.record({ host: fc.domain(), port: fc.integer({ min: 1, max: 65535 }) });
const options = fc.record({
  imap: endpoint,
  folder: fc.constantFrom("INBOX" as const, "Junk" as const),
});

/** fetchmail's own reading of a string: it ends at the first quote, then escapes are undone. */
function lexed(text: string): string {
  const inner = /^"([^"]*)"/.exec(text)?.[1] ?? "";
  const bytes = inner.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

test("any text survives quoting in fetchmail's configuration", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(lexed(quote(text))).toBe(text);
    }),
  );
});

test("fetchmail delivers by SMTP, keeps a refused message, and sends no bounce outside", () => {
  fc.assert(
    fc.property(options, (o) => {
      const rc = renderFetchmailrc(o);
      expect(rc).not.toMatch(/lmtp|\bmda\b|bsmtp/i);
      for (const rule of [
        "set softbounce",
        "set no bouncemail",
        "set no spambounce",
        'set postmaster ""',
        "antispam -1",
      ]) {
        expect(rc).toContain(rule);
      }
    }),
  );
});

test("fetchmail always checks the provider's certificate, against the provider's name", () => {
  fc.assert(
    fc.property(options, (o) => {
      const rc = renderFetchmailrc(o);
      expect(rc).toMatch(/\bssl sslproto "TLS1\.2\+" sslcertck\b/);
      expect(lexed(/sslcommonname (".*")/.exec(rc)?.[1] ?? "")).toBe(o.imap.host);
    }),
  );
});

test("fetchmail's configuration has placeholders for address and password, which only the pod fills in", () => {
  const rc = renderFetchmailrc({ imap: { host: "imap.example.org", port: 993 }, folder: "INBOX" });
  expect(rc).toContain(
    `user ${placeholders.address} password ${placeholders.password} is ${placeholders.address} here`,
  );
});

test("fetchmail fetches every message, and none is both kept and fetched again", () => {
  fc.assert(
    fc.property(options, (o) => {
      expect(renderFetchmailrc(o)).toContain("fetchall no keep no flush");
    }),
  );
});

test("fetchmail never waits for new mail, and delivers Junk to a port of its own", () => {
  const imap = { host: "imap.example.org", port: 993 };
  const inbox = renderFetchmailrc({ imap, folder: "INBOX" });
  const junk = renderFetchmailrc({ imap, folder: "Junk" });
  expect(inbox).toMatch(/smtphost "127\.0\.0\.1\/10025"[\s\S]*\n\s+no idle\n/);
  expect(junk).toMatch(/smtphost "127\.0\.0\.1\/12525"[\s\S]*\n\s+no idle\n/);
});

test("messages pass through fetchmail unaltered", () => {
  const rc = renderFetchmailrc({ imap: { host: "imap.example.org", port: 993 }, folder: "INBOX" });
  expect(rc).toContain("no rewrite no mimedecode no stripcr no forcecr no dropstatus no dropdelivered pass8bits");
});

test("a source is fetched by the same rules, with placeholders for its login, server and proxies", () => {
  const known = {
    [sourcePlaceholders.user]: placeholders.address,
    [sourcePlaceholders.host]: quote("imap.example.org"),
    [sourcePlaceholders.imap]: "10993",
    [sourcePlaceholders.smtp]: '"127.0.0.1/10025"',
  };
  const filled = Object.entries(known).reduce(
    (rc, [name, text]) => rc.replaceAll(name, text),
    renderSourceFetchmailrc(),
  );
  expect(filled).toBe(renderFetchmailrc({ imap: { host: "imap.example.org", port: 993 }, folder: "INBOX" }));
});
