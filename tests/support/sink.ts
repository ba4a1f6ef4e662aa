import { createServer, type Server, type Socket } from "node:net";

export type Stage = "connect" | "ehlo" | "mail" | "rcpt" | "data" | "content" | "end";

/**
 * What the sink does at one stage: an SMTP reply, a wait of that many ms before the good reply, the good reply byte by byte
 * with so many ms between two, a reply after which the session is of no use, silence, or hanging up.
 */
export type Action =
  | "ok"
  | `${number} ${string}`
  | { readonly wait: number }
  | { readonly slowly: number }
  | { readonly last: `421 ${string}` }
  | "stall"
  | "drop";

export interface Envelope {
  readonly sender: string;
  readonly recipients: string[];
  /** The whole message, once known. */
  readonly message?: Buffer;
}

export interface Delivery extends Envelope {
  readonly message: Buffer;
  /** Who has signed in at the server that hands it on, where that one vouches for it (XCLIENT LOGIN). */
  readonly login: string;
  readonly port: number;
  readonly at: number;
}

/** Decides at every stage, at "content" only about hanging up; `attempt` counts the messages offered so far. */
export type Script = (stage: Stage, envelope: Envelope, attempt: number) => Action;

/** A real SMTP server that keeps what it is given, and does as it is told. */
export class Sink {
  readonly deliveries: Delivery[] = [];
  /** Every sender and recipient ever named, delivered or not. */
  readonly envelopes: Envelope[] = [];
  script: Script = () => "ok";
  sizeLimit = 104_857_600;
  messagesPerSession = Number.POSITIVE_INFINITY;
  private attempts = 0;
  private servers: Server[] = [];
  private readonly sockets = new Set<Socket>();

  constructor(
    readonly address: string,
    private readonly ports: readonly number[] = [25],
    /** Greets with more lines than a mail server must, for servers that forward what users sent. */
    private readonly extensions: readonly string[] = [],
  ) {}

  async listen(): Promise<void> {
    this.servers = this.ports.map((port) => createServer((socket) => this.serve(socket, port)));
    await Promise.all(
      this.servers.map(
        (server, n) => new Promise<void>((resolve) => server.listen(this.ports[n], this.address, resolve)),
      ),
    );
  }

  /** Stops listening and cuts every connection, as a server that is killed. */
  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(this.servers.map((server) => new Promise((resolve) => server.close(resolve))));
    this.servers = [];
  }

  private serve(socket: Socket, port: number): void {
    socket.setNoDelay(true);
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("error", () => undefined);
    let login = "";
    let sender = "";
    let recipients: string[] = [];
    let accepted = 0;
    let pending: Buffer[] = [];
    let tail = Buffer.alloc(0);
    let inData = false;
    let text = "";
    let closing = ""; // said to everything that comes
    let begun = false; // the content of a message

    const slowly = async (reply: string, pause: number): Promise<void> => {
      for (const byte of `${reply}\r\n`) {
        if (!socket.destroyed) socket.write(byte);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    };

    const act = (stage: Stage, good: string, then: () => void = () => undefined, message?: Buffer): void => {
      const action = this.script(stage, { sender, recipients, ...(message && { message }) }, this.attempts);
      if (action === "stall") return;
      if (action === "drop") socket.destroy();
      else if (action === "ok") {
        then();
        socket.write(`${good}\r\n`);
      } else if (typeof action === "string") socket.write(`${action}\r\n`);
      else if ("last" in action) {
        closing = action.last;
        socket.write(`${closing}\r\n`);
      } else if ("slowly" in action) {
        then();
        void slowly(good, action.slowly);
      } else
        setTimeout(() => {
          if (socket.destroyed) return;
          then();
          socket.write(`${good}\r\n`);
        }, action.wait);
    };

    const command = (line: string): void => {
      const verb = line.slice(0, 4).toUpperCase();
      if (closing) {
        socket.write(`${closing}\r\n`);
        return;
      }
      if (verb === "EHLO" || verb === "HELO") {
        const extensions = ["8BITMIME", ...this.extensions, `SIZE ${this.sizeLimit}`];
        act(
          "ehlo",
          ["sink", ...extensions].map((text, n) => `250${n < extensions.length ? "-" : " "}${text}`).join("\r\n"),
        );
      } else if (verb === "XCLI") {
        const name = /LOGIN=(\S+)/i.exec(line)?.[1] ?? "";
        login = name.replace(/\+([0-9A-F]{2})/gi, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
        socket.write("220 sink\r\n");
      } else if (verb === "MAIL") {
        sender = /<([^>]*)>/.exec(line)?.[1] ?? line;
        recipients = [];
        this.attempts += 1;
        const size = Number(/SIZE=(\d+)/.exec(line)?.[1] ?? 0);
        if (accepted >= this.messagesPerSession) socket.write("452 4.3.2 Too many messages in this session\r\n");
        else if (size > this.sizeLimit) socket.write("552 5.3.4 Message too big for system\r\n");
        else act("mail", "250 ok");
      } else if (verb === "RCPT") {
        const recipient = /<([^>]*)>/.exec(line)?.[1] ?? line;
        this.envelopes.push({ sender, recipients: [recipient] });
        act("rcpt", "250 ok", () => {
          recipients.push(recipient);
        });
      } else if (verb === "DATA") {
        if (recipients.length === 0) socket.write("503 5.5.1 no recipients\r\n");
        else
          act("data", "354 go ahead", () => {
            inData = true;
            begun = false;
            pending = [];
            tail = Buffer.from("\r\n");
          });
      } else if (verb === "RSET" || verb === "NOOP") {
        socket.write("250 ok\r\n");
      } else if (verb === "QUIT") {
        socket.end("221 bye\r\n");
      } else socket.write("500 5.5.2 what?\r\n");
    };

    const data = (chunk: Buffer): void => {
      if (!begun && this.script("content", { sender, recipients }, this.attempts) === "drop") {
        socket.destroy();
        return;
      }
      begun = true;
      const window = Buffer.concat([tail, chunk]);
      const end = window.indexOf("\r\n.\r\n");
      if (end < 0) {
        pending.push(chunk);
        tail = window.subarray(Math.max(0, window.length - 4));
        return;
      }
      const used = end + 5 - tail.length;
      pending.push(chunk.subarray(0, used));
      inData = false;
      const whole = Buffer.concat(pending);
      const message = unstuff(whole.subarray(0, whole.length - 3));
      const size = message.length;
      if (size > this.sizeLimit) socket.write("552 5.3.4 Message too big for system\r\n");
      else {
        act(
          "end",
          "250 2.0.0 queued",
          () => {
            accepted += 1;
            this.deliveries.push({ login, sender, recipients, message, port, at: performance.now() });
          },
          message,
        );
      }
      if (used < chunk.length) lines(chunk.subarray(used));
    };

    const lines = (chunk: Buffer): void => {
      text += chunk.toString("latin1");
      for (let end = text.indexOf("\r\n"); end >= 0 && !inData; end = text.indexOf("\r\n")) {
        const line = text.slice(0, end);
        text = text.slice(end + 2);
        command(line);
      }
    };

    act("connect", "220 sink ESMTP");
    socket.on("data", (chunk) => (inData ? data(chunk) : lines(chunk)));
  }
}

/** Takes off the dots that SMTP adds at the beginning of lines. */
function unstuff(data: Buffer): Buffer {
  const parts: Buffer[] = [];
  let from = data[0] === 0x2e ? 1 : 0;
  for (let at = data.indexOf("\r\n."); at >= 0; at = data.indexOf("\r\n.", at + 3)) {
    parts.push(data.subarray(from, at + 2));
    from = at + 3;
  }
  parts.push(data.subarray(from));
  return Buffer.concat(parts);
}
