import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import type { KeyPair } from "../../../sandbox/live/authority";

/**
 * Stands before the provider and misbehaves on demand: other certificates, dropped connections at a chosen command,
 * missing capabilities, silence.
 */
export class Front {
  connections = 0;
  logins = 0;
  /** The last login command, password and all. */
  lastLogin = "";
  /** What the client said, command by command; passwords are left out. */
  readonly commands: string[] = [];
  /** Called with each client command; true cuts the connection before the command is passed on. */
  dropBefore: (command: string) => boolean = () => false;
  /** Called with each client command; true passes it on, then cuts before the answer comes back. */
  dropAfter: (command: string) => boolean = () => false;
  /** Changes what the server says. */
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

  async listen(): Promise<void> {
    const { cert, key } = this.certificate;
    this.server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (client) => this.serve(client));
    this.server.on("connection", (socket: Socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
      socket.on("error", () => undefined);
    });
    this.server.on("tlsClientError", () => undefined);
    await new Promise<void>((resolve) => this.server?.listen(993, this.address, resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server?.close(resolve) ?? resolve(undefined));
    this.server = undefined;
  }

  async useCertificate(certificate: KeyPair): Promise<void> {
    await this.close();
    this.certificate = certificate;
    await this.listen();
  }

  private serve(client: TLSSocket): void {
    this.connections += 1;
    const server = connect(this.backend.port, this.backend.host);
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
    let muted = false;
    client.on("data", (data) => {
      if (this.silent) return;
      const text = data.toString("latin1");
      const login = /^(\S+) (?:LOGIN|AUTHENTICATE)\b/i.exec(text);
      if (login) {
        this.logins += 1;
        this.lastLogin = text;
      }
      this.commands.push(login ? `${login[1]} LOGIN` : text.trim());
      if (login && this.refuse !== undefined) {
        client.write(`${login[1]} ${this.refuse}\r\n`);
        return;
      }
      if (this.dropBefore(text)) {
        cut();
        return;
      }
      if (this.dropAfter(text)) {
        muted = true;
        setTimeout(cut, 100);
      }
      server.write(data);
    });
    server.on("data", (data) => {
      if (this.silent || muted) return;
      client.write(Buffer.from(this.rewrite(data.toString("latin1")), "latin1"));
    });
  }
}
