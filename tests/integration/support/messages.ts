import { message as compose, type Mail } from "../../support/message";

/** A message as it lies at the provider; the id makes it one of a kind. */
export function message(id: string, options: Pick<Mail, "header" | "body"> & { readonly path?: string } = {}): Buffer {
  const { path = "<sender@example.org>", ...mail } = options;
  const received = "Received: from mx.example.org by provider.example with ESMTP; Mon, 02 Nov 2026 10:00:00 +0000";
  const body = `This is ${id}.\r\n.a line with a dot\r\nFrom here on, nothing.\r\n`;
  return compose({ body, ...mail, subject: id, trace: [`Return-Path: ${path}`, received] });
}

const raw = (text: string): Buffer => Buffer.from(text, "latin1");

/** Numbers that look random and are the same in every run. */
export function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Messages of every kind that has been seen to trip mail software, by name. */
export function oddities(id: string): Record<string, Buffer> {
  const random = sequence(id.length * 7919 + 17);
  const noise = (length: number): string =>
    Array.from({ length }, () => String.fromCharCode(32 + Math.floor(random() * 95))).join("");
  const parts = Array.from({ length: 40 }, (_, n) => `--b${n % 7}\r\nContent-Type: text/plain\r\n\r\n${noise(50)}\r\n`);
  return {
    "empty body": message(`${id}-empty`, { body: "" }),
    "no blank line after the header": raw(`From: a@example.org\r\nSubject: ${id}-noblank\r\n`),
    "no header at all": raw(`\r\n${id}-headerless, only a body\r\n`),
    "no From": raw(`Subject: ${id}-nofrom\r\nTo: x@newjoy.ro\r\n\r\nwho is it from?\r\n`),
    "8-bit header": message(`${id}-8bit`, { header: "X-Name: J\xf6rg \xe9\xff" }),
    "8-bit body, declared 7bit": message(`${id}-7bit`, {
      header: "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit",
      body: Buffer.from("grüße, jó napot, ≠\r\n"),
    }),
    "NUL bytes": message(`${id}-nul`, { header: "X-Nul: a\0b", body: "before\0after\r\n\0\r\n" }),
    "bare LF": message(`${id}-lf`, { body: "one\ntwo\n.three\n.\nfour\n" }),
    "bare CR": message(`${id}-cr`, { body: "one\rtwo\r\r\nthree\r\n" }),
    "line of 998": message(`${id}-998`, { body: `${"x".repeat(998)}\r\n` }),
    "line of 8190": message(`${id}-8190`, { body: `a\r\n${"y".repeat(8190)}\r\nb\r\n` }),
    "line of 8191": message(`${id}-8191`, { body: `a\r\n${"y".repeat(8191)}\r\nb\r\n` }),
    "line of 10,000": message(`${id}-10000`, { body: `a\r\n${noise(10_000)}\r\n.b\r\n` }),
    "line of 100,000 dots": message(`${id}-dots`, { body: `${".".repeat(100_000)}\r\n.\r\n..\r\n` }),
    "header line of 20,000": message(`${id}-longheader`, { header: `X-Long: ${noise(20_000)}` }),
    "header folded 500 times": message(`${id}-folded`, { header: `X-Folded: a${"\r\n\t.folded".repeat(500)}` }),
    "header line that begins with a dot": message(`${id}-dotheader`, { header: ".Dot: header" }),
    "header line without a colon": message(`${id}-nocolon`, { header: "this is no header" }),
    "header line that is a dot": message(`${id}-smuggle`, { header: ".\r\nMAIL FROM:<evil@example.org>" }),
    "mbox From line on top": raw(
      `From a@b Mon Jan  1 00:00:00 2020\r\nSubject: ${id}-mbox\r\n\r\nFrom me\r\n>From you\r\n`,
    ),
    dots: message(`${id}-stuffing`, { body: ".\r\n..\r\n...\r\n.\r\n\r\n.\r\nafter the end\r\n" }),
    "looks like SMTP": message(`${id}-smtp`, { body: "\r\n.\r\nQUIT\r\nRSET\r\nMAIL FROM:<evil@example.org>\r\n" }),
    "no line end at the end": message(`${id}-noeol`, { body: "the end comes suddenly" }),
    "ends in a dot": message(`${id}-enddot`, { body: "line\r\n." }),
    "null sender": message(`${id}-null`, { path: "<>" }),
    "non-ASCII sender": message(`${id}-sender`, { path: "<j\xf6rg@ex\xe4mple.org>" }),
    "sender without a domain": message(`${id}-local`, { path: "<root>" }),
    "nonsense sender": message(`${id}-nonsense`, { path: '<a b@@c"d>' }),
    "sender with options": message(`${id}-options`, { path: "<a@example.org> SIZE=1" }),
    "no Return-Path": raw(`From: "x" <x@example.org>\r\nSubject: ${id}-nopath\r\n\r\nhello\r\n`),
    "Status headers": message(`${id}-status`, { header: "Status: \r\nX-Mozilla-Status: 0001\r\nStatus: RO" }),
    "UW-IMAP's internal header": message(`${id}-ximap`, { header: "X-IMAP: 1132742306 0000000001" }),
    "many MIME parts": message(`${id}-mime`, {
      header: 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b0"',
      body: `${parts.join("")}--b0--\r\n`,
    }),
    "broken MIME": message(`${id}-broken`, {
      header: 'Content-Type: multipart/mixed; boundary="never closed\r\nContent-Transfer-Encoding: x-what',
      body: "--never\r\nContent-Type: \xff/\xfe\r\n\r\n=ZZ=\r\n",
    }),
    "quoted-printable": message(`${id}-qp`, {
      header: "Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain; charset=iso-8859-1",
      body: "=E9t=E9 =\r\nsoft\r\n=2E\r\n",
    }),
    "encoded words": message(`${id}-words`, { header: "X-Word: =?utf-8?q?=2E=0D=0A=2E?= =?x?y?z?=" }),
    "rewritable addresses": message(`${id}-rewrite`, { header: "Cc: local, other\r\nReply-To: me" }),
    "header alone, with a Return-Path": raw(`Return-Path: <sender@example.org>\r\nSubject: ${id}-alone\r\n`),
    "header alone, with a Return-Path, without a line end": raw(
      `Return-Path: <sender@example.org>\r\nSubject: ${id}-alone-end`,
    ),
    "first line folded, after a Return-Path": raw(
      `Return-Path: <sender@example.org>\r\n\tfolded\r\nSubject: ${id}-foldreturn\r\n\r\nbody\r\n`,
    ),
    "last header line ends in a bracket": message(`${id}-bracket`, { header: "X-Comment: (so)", body: "" }),
    "header alone, without a line end": raw(`From: a@example.org\r\nSubject: ${id}-end`),
    "one field, without a line end": raw(`Subject: ${id}-oneE`),
    "header that ends in a folded line without a line end": raw(`Subject: ${id}-endI\r\nX-Last: folded\r\n more`),
    "line ends of CR alone": raw(`From: a@example.org\rSubject: ${id}-cronly\r\rbody\r`),
    "first line folded": raw(`\tfolded first\r\nSubject: ${id}-foldfirst\r\n\r\nbody\r\n`),
    "first line folded by blanks": raw(`  folded first\r\nSubject: ${id}-foldblank\r\n\r\nbody\r\n`),
    "sender with a route": message(`${id}-route`, { path: "<@relay.example,@r2.example:user@example.org>" }),
    "sender with a short route": message(`${id}-route1`, { path: "<@relay.example:user@example.org>" }),
    "sender that is a mailer": message(`${id}-mailer`, { path: "<MAILER-DAEMON>" }),
    "two Return-Paths": message(`${id}-paths`, { header: "Return-Path: <older@example.org>" }),
    "Return-Path in a folded line": message(`${id}-foldpath`, { path: "\r\n <folded@example.org>" }),
    "Delivered-To": message(`${id}-deliveredto`, { header: "Delivered-To: somebody@newjoy.ro\r\nX-Envelope-To: <x>" }),
  };
}
