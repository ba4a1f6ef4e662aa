import { createServer, type Server, type Socket } from "node:net";

export interface Sent {
  /** The account that the mail server vouches for (XCLIENT LOGIN). */
  readonly login: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly data: string;
}

/** The provider's outgoing server, as far as the webmail's mail is concerned: keeps what it is given. */
export class Sink {
  readonly sent: Sent[] = [];
  private readonly server: Server = createServer((socket) => this.serve(socket));

  listen(host: string, port: number): Promise<void> {
    return new Promise((resolve) => this.server.listen(port, host, resolve));
  }

  close(): void {
    this.server.close();
  }

  private serve(socket: Socket): void {
    let pending = "";
    let data: string[] | undefined;
    let login = "";
    let from = "";
    let to: string[] = [];
    const say = (line: string): boolean => socket.write(`${line}\r\n`);
    const line = (text: string): void => {
      if (data) {
        if (text !== ".") {
          data.push(text.startsWith("..") ? text.slice(1) : text);
          return;
        }
        this.sent.push({ login, from, to, data: data.join("\r\n") });
        data = undefined;
        to = [];
        say("250 2.0.0 kept");
        return;
      }
      const command = text.toUpperCase();
      if (command.startsWith("EHLO"))
        socket.write("250-sink\r\n250-8BITMIME\r\n250-SIZE 104857600\r\n250 XCLIENT ADDR PORT HELO PROTO LOGIN\r\n");
      else if (command.startsWith("XCLIENT")) {
        const name = /LOGIN=(\S+)/i.exec(text)?.[1] ?? "";
        login = name.replace(/\+([0-9A-F]{2})/gi, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
        say("220 sink");
      } else if (command.startsWith("MAIL FROM")) {
        from = /<(.*?)>/.exec(text)?.[1] ?? "";
        say("250 2.1.0 ok");
      } else if (command.startsWith("RCPT TO")) {
        to = [...to, /<(.*?)>/.exec(text)?.[1] ?? ""];
        say("250 2.1.5 ok");
      } else if (command === "DATA") {
        data = [];
        say("354 go on");
      } else if (command === "QUIT") {
        say("221 bye");
        socket.end();
      } else say("250 2.0.0 ok");
    };
    say("220 sink");
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      const lines = (pending + chunk.toString("latin1")).split("\r\n");
      pending = lines.pop() ?? "";
      lines.forEach(line);
    });
  }
}
