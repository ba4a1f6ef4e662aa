import { connect, type Socket } from "node:net";

export interface Answer {
  /** OK, NO or BAD, and what the server says to it. */
  readonly status: string;
  readonly lines: readonly string[];
  readonly literals: readonly Buffer[];
}

/** A small IMAP client that hands out every byte as it came, and what a server says when it refuses. */
export class Imap {
  private buffer = Buffer.alloc(0);
  private wake: (() => void) | undefined;
  private count = 0;
  private ended = false;

  private constructor(private readonly socket: Socket) {
    socket.on("data", (data) => {
      this.buffer = Buffer.concat([this.buffer, data]);
      this.wake?.();
    });
    socket.on("close", () => {
      this.ended = true;
      this.wake?.();
    });
    socket.on("error", () => undefined);
  }

  /** Begins a session on a connection, which may be one of TLS. */
  static async over(socket: Socket): Promise<Imap> {
    const imap = new Imap(socket);
    await imap.line();
    return imap;
  }

  static async login(host: string, port: number, user: string, password: string): Promise<Imap> {
    const imap = await Imap.over(connect(port, host));
    const plain = Buffer.from(`\0${user}\0${password}`).toString("base64");
    await imap.command(`AUTHENTICATE PLAIN ${plain}`);
    return imap;
  }

  private async more(): Promise<void> {
    if (this.ended) throw new Error("the IMAP server closed the connection");
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    this.wake = undefined;
  }

  private async line(): Promise<string> {
    let end = this.buffer.indexOf("\r\n");
    while (end < 0) {
      await this.more();
      end = this.buffer.indexOf("\r\n");
    }
    const text = this.buffer.subarray(0, end).toString("latin1");
    this.buffer = this.buffer.subarray(end + 2);
    return text;
  }

  /** Sends a command; returns untagged lines and literals. Throws on NO and BAD. */
  async command(text: string, literal?: Buffer): Promise<Answer> {
    const answer = await this.ask(text, literal);
    if (!answer.status.startsWith("OK")) throw new Error(`${text.split(" ")[0]}: ${answer.status}`);
    return answer;
  }

  /** Sends a command; returns all of the answer, a refusal like any other. */
  async ask(text: string, literal?: Buffer): Promise<Answer> {
    this.count += 1;
    const tag = `t${this.count}`;
    const lines: string[] = [];
    const literals: Buffer[] = [];
    this.socket.write(`${tag} ${text}${literal ? ` {${literal.length}+}\r\n` : ""}`);
    if (literal) this.socket.write(literal);
    this.socket.write("\r\n");
    for (;;) {
      const line = await this.line();
      if (line.startsWith(`${tag} `)) return { status: line.slice(tag.length + 1), lines, literals };
      if (line.startsWith("+")) this.socket.write("\r\n"); // why a login is refused; an empty answer ends the exchange
      lines.push(line);
      const size = /\{(\d+)\}$/.exec(line);
      if (size) {
        const length = Number(size[1]);
        while (this.buffer.length < length) await this.more();
        literals.push(Buffer.from(this.buffer.subarray(0, length)));
        this.buffer = this.buffer.subarray(length);
      }
    }
  }

  /** Every message of a folder that is not marked for deletion; none when there is no such folder. */
  async messages(folder: string): Promise<Buffer[]> {
    try {
      await this.command(`SELECT "${folder}"`);
    } catch {
      return [];
    }
    const { lines } = await this.command("UID SEARCH UNDELETED");
    const uids = (lines.find((line) => line.startsWith("* SEARCH")) ?? "").split(" ").slice(2).filter(Boolean);
    const all: Buffer[] = [];
    for (const uid of uids) {
      const { literals } = await this.command(`UID FETCH ${uid} BODY.PEEK[]`);
      all.push(literals[0] ?? Buffer.alloc(0));
    }
    return all;
  }

  /** How many messages of a folder are not marked for deletion; none when there is no such folder. */
  async waiting(folder: string): Promise<number> {
    if (!(await this.ask(`EXAMINE "${folder}"`)).status.startsWith("OK")) return 0;
    const { lines } = await this.command("UID SEARCH UNDELETED");
    return (lines.find((line) => line.startsWith("* SEARCH")) ?? "").split(" ").slice(2).filter(Boolean).length;
  }

  async folders(): Promise<string[]> {
    const { lines } = await this.command('LIST "" "*"');
    return lines.map((line) => (/"?([^" ]+)"?$/.exec(line) ?? [])[1] ?? "");
  }

  close(): void {
    this.socket.destroy();
  }
}
