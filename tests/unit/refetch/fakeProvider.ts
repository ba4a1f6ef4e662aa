import type { KeyPair } from "../../rig/ca";
import { startTlsServer } from "../../support/fakeMailServers";

interface Kept {
  readonly uid: number;
  readonly id: string;
  readonly date: string;
  readonly keywords: readonly string[];
}

const DELETED = "\\Deleted";

/** A provider that keeps what it was given, and its mailbox's fetcher, who empties the outbox. */
export class FakeProvider {
  private readonly folders = new Map<string, { next: number; messages: Kept[] }>();
  /** What was handed to the mail server at home, in order. */
  readonly delivered: string[] = [];
  readonly received: string[] = [];
  logins = 0;
  copies = 0;
  /** How a COPY is answered; undefined hangs up. @default it is done */
  onCopy: (count: number) => "done" | "refused" | undefined = () => "done";
  fetching = true;

  constructor(
    private readonly user: string,
    private readonly password: string,
    private readonly prefix = "",
    private readonly separator = "/",
  ) {
    this.folders.set("INBOX", { next: 1, messages: [] });
  }

  put(folder: string, ids: readonly string[], about: { date?: string; keywords?: readonly string[] } = {}): void {
    const { date = "20-Nov-2026", keywords = [] } = about;
    const at = this.folders.get(folder) ?? { next: 1, messages: [] };
    this.folders.set(folder, at);
    for (const id of ids) at.messages.push({ uid: at.next++, id, date, keywords });
  }

  /** Those in a folder that are flagged for deletion. */
  flagged(folder: string): string[] {
    const messages = this.folders.get(folder)?.messages ?? [];
    return messages.filter(({ keywords }) => keywords.includes(DELETED)).map(({ id }) => id);
  }

  in(folder: string): string[] {
    return this.folders.get(folder)?.messages.map(({ id }) => id) ?? [];
  }

  /** What the fetcher does about once a minute, here whenever somebody asks. */
  private fetch(): void {
    if (!this.fetching) return;
    for (const [path, folder] of this.folders) {
      if (path.startsWith(`${this.prefix}Fetcher-Outbox`)) {
        const all = folder.messages.splice(0); // what is flagged for deletion there counts as delivered
        this.delivered.push(...all.filter(({ keywords }) => !keywords.includes(DELETED)).map(({ id }) => id));
      }
    }
  }

  private found(folder: string, line: string): number[] {
    const [, keyword] = /\bKEYWORD (\S+)/.exec(line) ?? [];
    const [, since] = /SINCE (\S+)/.exec(line) ?? [];
    return (this.folders.get(folder)?.messages ?? [])
      .filter(({ keywords }) => keyword === undefined || keywords.includes(keyword))
      .filter(({ date }) => since === undefined || Date.parse(date) >= Date.parse(since))
      .map(({ uid }) => uid);
  }

  /** Adds a flag to messages, or takes it off. */
  private store(folder: string, range: string, how: string, flag: string): void {
    const at = this.folders.get(folder);
    if (at === undefined) return;
    const chosen = new Set(this.within(folder, range).map(({ uid }) => uid));
    at.messages = at.messages.map((message) => {
      const others = message.keywords.filter((keyword) => keyword !== flag);
      return chosen.has(message.uid)
        ? { ...message, keywords: how.startsWith("+") ? [...others, flag] : others }
        : message;
    });
  }

  private within(folder: string, range: string): Kept[] {
    const wanted = range.split(",").map((part) => part.split(":").map(Number));
    return (this.folders.get(folder)?.messages ?? []).filter(({ uid }) =>
      wanted.some(([first = 0, last = first]) => uid >= first && uid <= last),
    );
  }

  private copy(from: string, range: string, to: string): void {
    const chosen = this.within(from, range);
    for (const { id, ...about } of chosen) this.put(to, [id], about);
  }

  listen = (pair: KeyPair): Promise<number> =>
    startTlsServer(pair, "* OK [CAPABILITY IMAP4rev1 NAMESPACE] ready\r\n", () => {
      let selected = "INBOX";
      return (line) => {
        const [tag = "*", ...words] = line.split(" ");
        const uid = words[0]?.toUpperCase() === "UID";
        const command = (uid ? words[1] : words[0])?.toUpperCase() ?? "";
        const rest = words.slice(uid ? 2 : 1).map((word) => word.replaceAll('"', ""));
        if (command !== "LOGIN") this.received.push(line.slice(tag.length + 1));
        const done = (...lines: string[]): string => [...lines, `${tag} OK done`, ""].join("\r\n");
        const no = (text: string): string => `${tag} NO ${text}\r\n`;
        switch (command) {
          case "CAPABILITY":
            return done("* CAPABILITY IMAP4rev1 NAMESPACE");
          case "LOGIN":
            this.logins++;
            return line.includes(this.user) && line.includes(this.password)
              ? done()
              : no(`[AUTHENTICATIONFAILED] LOGIN ${rest.join(" ")} failed`);
          case "NAMESPACE":
            return done(`* NAMESPACE (("${this.prefix}" "${this.separator}")) NIL NIL`);
          case "LIST":
          case "LSUB": {
            if (line.endsWith('"" ""')) return done(`* LIST (\\Noselect) "${this.separator}" ""`);
            const all = [...this.folders.keys()];
            return done(...all.map((name) => `* ${command} (\\HasNoChildren) "${this.separator}" "${name}"`));
          }
          case "STATUS": {
            this.fetch();
            const folder = this.folders.get(rest[0] ?? "");
            return folder ? done(`* STATUS "${rest[0]}" (MESSAGES ${folder.messages.length})`) : no("[NONEXISTENT] no");
          }
          case "CREATE":
            this.put(rest[0] ?? "", []);
            return done();
          case "EXAMINE":
          case "SELECT": {
            const folder = this.folders.get(rest[0] ?? "");
            if (!folder) return no("[NONEXISTENT] no such folder");
            selected = rest[0] ?? "";
            return done(
              `* ${folder.messages.length} EXISTS`,
              "* FLAGS (\\Seen $HomelabMailFetched)",
              "* OK [UIDVALIDITY 7] fine",
              `* OK [UIDNEXT ${folder.next}] next`,
            );
          }
          case "SEARCH":
            return done(`* SEARCH ${this.found(selected, line).join(" ")}`.trim());
          case "COPY": {
            this.copies++;
            const answer = this.onCopy(this.copies);
            if (answer === undefined) return undefined;
            if (answer === "refused") return no("[OVERQUOTA] Quota exceeded (mailbox for user is full)");
            if (!this.folders.has(rest[1] ?? "")) return no("[TRYCREATE] no such folder");
            this.copy(selected, rest[0] ?? "", rest[1] ?? "");
            return done();
          }
          case "FETCH": {
            const all = this.folders.get(selected)?.messages ?? [];
            return done(
              ...all.map(({ uid, keywords }, n) => `* ${n + 1} FETCH (UID ${uid} FLAGS (${keywords.join(" ")}))`),
            );
          }
          case "STORE":
            this.store(selected, rest[0] ?? "", rest[1] ?? "", DELETED);
            return done();
          case "LOGOUT":
            return done("* BYE bye");
          default:
            return done();
        }
      };
    });
}
