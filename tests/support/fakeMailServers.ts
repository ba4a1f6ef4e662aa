import { readFileSync } from "node:fs";
import type * as net from "node:net";
import * as tls from "node:tls";
import type { KeyPair } from "../rig/ca";
import { listen } from "./listen";

/** What a server does with one line; what it answers. Undefined hangs up. */
type Talk = (line: string) => string | undefined;

const open: { server: tls.Server; sockets: Set<net.Socket> }[] = [];

/** Ends every fake that was started. */
export function stopFakeServers(): void {
  for (const { server, sockets } of open.splice(0)) {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
}

export async function startTlsServer({ key, cert }: KeyPair, greeting: string, begin: () => Talk): Promise<number> {
  const server = tls.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
    const talk = begin();
    let text = "";
    socket.on("error", () => {});
    socket.write(greeting);
    socket.on("data", (piece) => {
      text += piece;
      for (let end = text.indexOf("\r\n"); end >= 0; end = text.indexOf("\r\n")) {
        const line = text.slice(0, end);
        text = text.slice(end + 2);
        const answer = talk(line);
        if (answer === undefined) return void socket.end();
        socket.write(answer);
      }
    });
  });
  const sockets = new Set<net.Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  server.on("tlsClientError", () => {});
  open.push({ server, sockets });
  return listen(server);
}

/** One message: when it came, its keywords, and its Message-ID when it is searched for. */
export interface Message {
  readonly date: string;
  readonly keywords?: readonly string[];
  readonly id?: () => string | undefined;
}

export interface ImapRules {
  readonly user: string;
  readonly password: string;
  readonly folders: Readonly<Record<string, readonly Message[]>>;
  /** Every command that came, with the login left out. */
  readonly received?: string[];
  /** The prefix of the personal namespace, whose hierarchy has dots; folders have it in their names. */
  readonly prefix?: string;
}

/** As much of IMAP as a check needs. */
export const fakeImapServer = (pair: KeyPair, rules: ImapRules): Promise<number> => {
  const { user, password, folders, received = [], prefix } = rules;
  const capability = prefix === undefined ? "CAPABILITY IMAP4rev1" : "CAPABILITY IMAP4rev1 NAMESPACE";
  const separator = prefix === undefined ? "/" : ".";
  return startTlsServer(pair, `* OK [${capability}] ready\r\n`, () => {
    let chosen: readonly Message[] = [];
    return (line) => {
      const [tag = "*", ...words] = line.split(" ");
      const command =
        words[0]?.toUpperCase() === "UID" ? `UID ${words[1]?.toUpperCase()}` : (words[0]?.toUpperCase() ?? "");
      const done = (...lines: string[]): string => [...lines, `${tag} OK done`, ""].join("\r\n");
      if (command !== "LOGIN") received.push(line.slice(tag.length + 1));
      if (command === "CAPABILITY") return done(`* ${capability}`);
      if (command === "NAMESPACE") return done(`* NAMESPACE (("${prefix}" "${separator}")) NIL NIL`);
      if (command === "LOGIN") {
        const right = line.includes(user) && line.includes(password);
        return right ? done() : `${tag} NO [AUTHENTICATIONFAILED] Authentication failed.\r\n`;
      }
      if (command === "LIST" && line.includes('""') && line.endsWith('""'))
        return done(`* LIST (\\Noselect) "${separator}" ""`);
      if (command === "LIST" || command === "LSUB") {
        return done(...Object.keys(folders).map((name) => `* ${command} (\\HasNoChildren) "${separator}" "${name}"`));
      }
      if (command === "STATUS") {
        const name = line.slice(line.toUpperCase().indexOf(command) + command.length).replace(/\(.*|["\s]/g, "");
        return done(`* STATUS "${name}" (MESSAGES ${(folders[name] ?? []).length})`);
      }
      if (command === "EXAMINE" || command === "SELECT") {
        const name = line.slice(line.toUpperCase().indexOf(command) + command.length).replace(/["\s]/g, "");
        chosen = folders[name] ?? [];
        return done(
          `* ${chosen.length} EXISTS`,
          "* FLAGS (\\Seen)",
          "* OK [UIDVALIDITY 1] fine",
          "* OK [UIDNEXT 99] next",
        );
      }
      if (command === "UID STORE") return done();
      if (command === "UID SEARCH") {
        const [, without] = /UNKEYWORD (\S+)/.exec(line) ?? [];
        const [, wanted] = /HEADER "?MESSAGE-ID"? "?<([^>]*)>/i.exec(line) ?? [];
        const uids = chosen.flatMap(({ keywords, id }, n) => {
          const isWanted = wanted === undefined || id?.() === wanted;
          return isWanted && !(without && keywords?.includes(without)) ? [n + 1] : [];
        });
        return done(`* SEARCH ${uids.join(" ")}`.trim());
      }
      if (command === "FETCH" || command === "UID FETCH") {
        const n = Number(words[command === "FETCH" ? 1 : 2]);
        return done(`* ${n} FETCH (UID ${n} INTERNALDATE "${chosen[n - 1]?.date}")`);
      }
      return command === "LOGOUT" ? done("* BYE bye") : done();
    };
  });
};

/** As much of SMTP as a login and a message need. What is sent goes to `taken`; `answer` is what is said to it. */
export const fakeSmtpServer = (
  pair: KeyPair,
  user: string,
  password: string,
  {
    taken = [],
    answer = "250 2.0.0 queued",
    received = [],
    only,
  }: {
    taken?: string[];
    answer?: string;
    /** Commands, as they come. */
    received?: string[];
    /** The one sender that is taken; like Postfix, it says so at the recipient. */
    only?: string;
  } = {},
): Promise<number> =>
  startTlsServer(pair, "220 provider.test ESMTP\r\n", () => {
    let message: string[] | undefined;
    let sender = "";
    return (line) => {
      received.push(line);
      if (message !== undefined && line !== ".") {
        message.push(line);
        return "";
      }
      if (message !== undefined) {
        taken.push(message.join("\n"));
        message = undefined;
        return `${answer}\r\n`;
      }
      if (/^EHLO/i.test(line)) return "250-provider.test\r\n250 AUTH PLAIN\r\n";
      if (/^QUIT/i.test(line)) return undefined;
      if (/^DATA/i.test(line)) {
        message = [];
        return "354 go ahead\r\n";
      }
      sender = /^MAIL FROM:<(.*)>/i.exec(line)?.[1] ?? sender;
      if (/^RCPT/i.test(line) && only !== undefined && sender !== only) {
        return "553 5.7.1 Sender address rejected: not owned by user\r\n";
      }
      if (!/^AUTH PLAIN/i.test(line)) return "250 2.0.0 ok\r\n";
      const right = Buffer.from(`\0${user}\0${password}`).toString("base64");
      return line.endsWith(right) ? "235 2.7.0 welcome\r\n" : "535 5.7.8 Error: authentication failed\r\n";
    };
  });
