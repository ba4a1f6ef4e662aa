import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { connect, createServer as createRelay, type Server as Relay } from "node:net";
import { addresses, cluster } from "./addresses";

/** Longer than any idle time that a proxy has by default. */
export const SILENCE_MS = 185_000;

/** What the mail server's place has seen of a request. */
export interface Seen {
  readonly headers: IncomingHttpHeaders;
  /** Names and values as they came: a header may come twice. */
  readonly raw: readonly string[];
  readonly bytes: number;
}

/** Stands where Stalwart stands: takes uploads, tells what it was told, and pushes after a long silence. */
export function startMailServer(): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/jmap/eventsource")) {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      response.write(": open\n\n");
      const timer = setTimeout(() => response.end("event: state\ndata: {}\n\n"), SILENCE_MS);
      response.on("close", () => clearTimeout(timer));
      return;
    }
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on("end", () => {
      const seen: Seen = { headers: request.headers, raw: request.rawHeaders, bytes };
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(seen));
    });
  });
  server.requestTimeout = 0;
  server.on("upgrade", (_request, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    const timer = setTimeout(() => socket.end(Buffer.from([0x81, 2, 0x7b, 0x7d])), SILENCE_MS); // the text {}
    socket.on("close", () => clearTimeout(timer));
    socket.on("error", () => clearTimeout(timer));
  });
  return new Promise((resolve) => server.listen(8080, cluster.mailPod, () => resolve(server)));
}

/** The pod's address in the cluster, which leads to where the harness has the webmail. */
export function startPodNetwork(): Promise<Relay> {
  const relay = createRelay((incoming) => {
    const outgoing = connect(8000, addresses.pod);
    incoming.pipe(outgoing).pipe(incoming);
    incoming.on("error", () => outgoing.destroy());
    outgoing.on("error", () => incoming.destroy());
  });
  return new Promise((resolve) => relay.listen(8000, cluster.webmailPod, () => resolve(relay)));
}
