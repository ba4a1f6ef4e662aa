import { readFileSync } from "node:fs";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import type { KeyPair } from "../../ca";
import { type Command, Session } from "./session";
import { Units } from "./wire";

/** What is said in the server's stead. The last line gets the command's tag, unless it ends the session. */
export interface Instead {
  readonly lines: readonly string[];
  readonly cut?: boolean;
}

/** One way to misbehave. */
export interface Fault {
  /** Whether it asks which messages a command is about: the faulty proxy asks the server first. */
  readonly knowing?: boolean;
  /** Said instead of the greeting. */
  greeting?(): Instead | undefined;
  /** Decides before a command is passed on. */
  before?(command: Command): Instead | "drop" | undefined | Promise<Instead | "drop" | undefined>;
  /** Changes an answer, literals and all; the last one to a command begins with its tag. */
  after?(answer: string, command: Command | undefined): string | { readonly text: string; readonly cut: true };
}

/**
 * Stands before the provider and misbehaves on demand: by its faults, and by other certificates, dropped connections,
 * silence. README.md has the faults and where they were seen.
 */
export class FaultyProxy {
  connections = 0;
  /** When each login came, on the clock of performance.now(). */
  readonly loginTimes: number[] = [];
  /** The last login command, password and all. */
  lastLogin = "";
  /** What the client said, command by command; passwords are left out. */
  readonly commands: string[] = [];
  readonly faults: Fault[] = [];
  /** Called with each client command; true cuts the connection before the command is passed on. */
  dropBefore: (command: string) => boolean = () => false;
  /** Called with each client command; true passes it on, then cuts before the answer comes back. */
  dropAfter: (command: string) => boolean = () => false;
  /** Changes what the server says, answer by answer. */
  rewrite: (text: string) => string = (text) => text;
  /** Swallows everything in both directions while true; connections stay open. */
  silent = false;
  /** Answers every login itself, with this line after the tag. */
  refuse: string | undefined;
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();

  constructor(
    readonly address: string,
    private certificate: KeyPair,
    private readonly backend: { host: string; port: number },
  ) {}

  get logins(): number {
    return this.loginTimes.length;
  }

  /** Returns the port. */
  async listen(port = 993): Promise<number> {
    const { cert, key } = this.certificate;
    this.server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (client) => this.serve(client));
    this.server.on("connection", (socket: Socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
      socket.on("error", () => undefined);
    });
    this.server.on("tlsClientError", () => undefined);
    const { server } = this;
    await new Promise<void>((resolve) => server.listen(port, this.address, resolve));
    return (server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server?.close(resolve) ?? resolve(undefined));
    this.server = undefined;
  }

  /** Hangs up on everybody. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async useCertificate(certificate: KeyPair): Promise<void> {
    await this.close();
    this.certificate = certificate;
    await this.listen();
  }

  private serve(client: TLSSocket): void {
    this.connections += 1;
    const server = connect(this.backend.port, this.backend.host);
    client.setNoDelay(true);
    server.setNoDelay(true);
    this.sockets.add(server);
    const cut = (): void => {
      client.destroy();
      server.destroy();
      this.sockets.delete(server);
    };
    for (const socket of [client, server]) {
      socket.on("error", cut);
      socket.on("close", cut);
    }
    const say = (text: string): void => {
      if (!client.destroyed) client.write(Buffer.from(text, "latin1"));
    };
    const session = new Session(server, say);
    const instead = ({ lines, cut: ends = false }: Instead, tag: string): void => {
      say(lines.map((line, n) => (n < lines.length - 1 || ends ? `${line}\r\n` : `${tag} ${line}\r\n`)).join(""));
      if (ends) setTimeout(cut, 50);
    };
    let [muted, greeted, raw] = [false, false, false]; // raw: what comes is no command, but belongs to the last one
    const [fromClient, fromServer] = [new Units(), new Units()];

    const command = async (unit: string): Promise<void> => {
      const [, tag = "", name = "", rest = ""] = /^(\S+) ((?:UID )?\S+) ?(.*)$/is.exec(unit.trimEnd()) ?? [];
      const verb = name.toUpperCase();
      const login = verb === "LOGIN" || verb === "AUTHENTICATE";
      if (login) {
        this.loginTimes.push(performance.now());
        this.lastLogin = unit;
      }
      this.commands.push(login ? `${tag} LOGIN` : unit.trim());
      if (login && this.refuse !== undefined) return instead({ lines: [this.refuse] }, tag);
      if (this.dropBefore(unit)) return cut();
      const about = /^(?:UID )?(?:FETCH|STORE|COPY|MOVE|EXPUNGE)$/.test(verb) && this.faults.some((f) => f.knowing);
      const set = rest.split(" ")[0] ?? "";
      const messages = about && set ? await session.messages(verb, set) : [];
      const asked: Command = { tag, name: verb, text: unit, folder: session.folder, session, messages };
      for (const fault of this.faults) {
        const told = await fault.before?.(asked);
        if (told === "drop") return cut();
        if (told) return instead(told, tag);
      }
      if (this.dropAfter(unit)) {
        muted = true;
        setTimeout(cut, 100);
      }
      session.pending.push(asked);
      raw = verb === "IDLE" || verb === "AUTHENTICATE";
      server.write(Buffer.from(unit.replace(/\{(\d+)\}\r\n/g, "{$1+}\r\n"), "latin1"));
    };

    const more = (unit: string): void => {
      if (/^DONE\r\n/i.test(unit)) raw = false;
      server.write(Buffer.from(unit, "latin1"));
    };

    const answer = (unit: string): void => {
      if (session.hears(unit)) return;
      const done = session.pending.find(({ tag }) => unit.startsWith(`${tag} `));
      const asked = done ?? session.pending.at(-1);
      let text = this.rewrite(unit);
      for (const fault of this.faults) {
        const changed = fault.after?.(text, asked);
        if (typeof changed === "object") {
          say(changed.text);
          setTimeout(cut, 50);
          muted = true;
          return;
        }
        text = changed ?? text;
      }
      if (done) {
        raw = false;
        session.pending.splice(session.pending.indexOf(done), 1);
        const folder = /^(?:SELECT|EXAMINE)$/.test(done.name) && /^\S+ OK/i.test(unit);
        if (folder) session.folder = /"([^"]*)"|(\S+)\s*$/.exec(done.text)?.slice(1).find(Boolean) ?? "";
      }
      say(text);
    };

    let turn: Promise<unknown> = Promise.resolve();
    client.on("data", (data) => {
      if (this.silent) return;
      for (const unit of fromClient.push(data)) {
        turn = turn.then(() => (raw ? more(unit) : command(unit))).catch(cut);
      }
      if (fromClient.waits) say("+ go on\r\n");
    });
    server.on("data", (data) => {
      if (this.silent || muted) return;
      for (const unit of fromServer.push(data)) {
        const greeting = greeted ? undefined : this.faults.map((f) => f.greeting?.()).find(Boolean);
        if (greeting) instead(greeting, "*");
        else if (!muted) answer(unit);
        greeted = true;
      }
    });
  }
}
