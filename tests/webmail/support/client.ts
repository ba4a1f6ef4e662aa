import { request as plainRequest } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import { connect, type TLSSocket } from "node:tls";
import { eventually } from "../../support/wait";

export interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** The address that the client has. */
  readonly from?: string;
  readonly plain?: true;
}

/** An HTTP client without a browser, at one of the proxies. */
export class Client {
  constructor(
    private readonly proxy: string,
    private readonly ca: string,
  ) {}

  ask(host: string, path: string, { method, headers, body, from, plain }: Ask = {}): Promise<Answer> {
    const common = { host: this.proxy, path, method, headers: { host, ...headers }, localAddress: from, agent: false };
    return new Promise((resolve, reject) => {
      const call = plain
        ? plainRequest({ ...common, port: 80 } as never)
        : request({ ...common, port: 443, servername: host, ca: this.ca } as never);
      call.on("error", reject);
      call.on("response", async (response) => {
        let text = "";
        for await (const chunk of response) text += chunk;
        resolve({ status: response.statusCode, headers: response.headers, body: text });
      });
      call.end(body);
    });
  }

  /** Waits until the proxy has a route. */
  async open(host: string): Promise<void> {
    let last = "";
    const through = async (): Promise<true | undefined> => {
      try {
        const { status = 0, body } = await this.ask(host, "/");
        last = `${status} ${body.slice(0, 200)}`;
        return status > 0 && status < 400 ? true : undefined;
      } catch (error) {
        last = String(error);
        return undefined;
      }
    };
    await eventually(`${host} through ${this.proxy}`, through).catch((error) => {
      throw new Error(`${error.message}: ${last}`);
    });
  }

  /** What came over an event source until it ended, and how long that was, in seconds. */
  events(host: string, path: string): Promise<{ text: string; seconds: number }> {
    const began = Date.now();
    const session = connectHttp2(`https://${host}`, { createConnection: () => this.secure(host, "h2") });
    return new Promise((resolve) => {
      let text = "";
      const end = (): void => {
        session.destroy();
        resolve({ text, seconds: (Date.now() - began) / 1000 });
      };
      session.on("error", end);
      const stream = session.request({ ":path": path, accept: "text/event-stream" });
      stream.on("data", (chunk: Buffer) => {
        text += chunk;
      });
      stream.on("close", end);
      stream.on("error", end);
    });
  }

  /** What came over one connection of HTTP/1.1 until the other side ended it. */
  raw(host: string, head: readonly string[]): Promise<{ bytes: Buffer; seconds: number }> {
    const began = Date.now();
    const socket = this.secure(host, "http/1.1");
    socket.write([...head, `Host: ${host}`, "", ""].join("\r\n"));
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    return new Promise((resolve) => {
      const end = (): void => {
        socket.destroy();
        resolve({ bytes: Buffer.concat(chunks), seconds: (Date.now() - began) / 1000 });
      };
      socket.on("end", end);
      socket.on("error", end);
    });
  }

  private secure(servername: string, protocol: string): TLSSocket {
    return connect({ host: this.proxy, port: 443, servername, ca: this.ca, ALPNProtocols: [protocol] });
  }
}
