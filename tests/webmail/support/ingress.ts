import { readFileSync } from "node:fs";
import { request } from "node:http";
import { createServer, type Server } from "node:https";
import type { KeyPair } from "../../rig/ca";
import { addresses } from "./addresses";

const bytes = (size: string): number => Number(/^(\d+)m$/.exec(size)?.[1]) * 1024 * 1024;

/** What an ingress controller does with the rendered Ingress: TLS, the request's size limit, forwarding headers. */
export class IngressController {
  private readonly server: Server;

  constructor(
    // biome-ignore lint/suspicious/noExplicitAny: the rendered object
    ingress: any,
    tls: KeyPair,
    private readonly backend: { host: string; port: number },
  ) {
    const limit = bytes(ingress.metadata.annotations["nginx.ingress.kubernetes.io/proxy-body-size"]);
    const [rule] = ingress.spec.rules;
    const pair = { key: readFileSync(tls.key), cert: readFileSync(tls.cert) };
    this.server = createServer(pair, (incoming, outgoing) => {
      const refuse = (status: number, text: string): void => {
        outgoing.writeHead(status, { connection: "close" });
        outgoing.end(text);
      };
      if (incoming.headers.host !== rule.host) return refuse(404, "no such host");
      if (Number(incoming.headers["content-length"] ?? 0) > limit) return refuse(413, "Request Entity Too Large");
      const headers = {
        ...incoming.headers,
        "x-forwarded-for": incoming.socket.remoteAddress,
        "x-real-ip": incoming.socket.remoteAddress,
        "x-forwarded-proto": "https",
        "x-forwarded-host": rule.host,
        "x-forwarded-port": "443",
      };
      const { method, url: path } = incoming;
      const upstream = request({ ...this.backend, method, path, headers, agent: false }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      upstream.on("error", () => refuse(502, "Bad Gateway"));
      incoming.pipe(upstream);
    });
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.server.listen(443, addresses.ingress, resolve));
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
