import { randomBytes } from "node:crypto";
import * as http from "node:http";
import { networkInterfaces } from "node:os";

/** This machine's address in the home network; undefined when it has none. */
export const homeAddress = (): string | undefined =>
  Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ family, internal, address }) => family === "IPv4" && !internal && !address.startsWith("169.254."))
    ?.address;

export interface Serving {
  readonly url: string;
  /** Resolves at the time limit or when the signal fires, with the number of times that the profile was fetched. */
  readonly over: Promise<number>;
}

/**
 * Serves a profile to a phone in the same network, for a limited time, at a random path. The connection is not encrypted, so the
 * profile must not contain a password.
 */
export function serve(profile: Buffer, host: string, limit: number, signal: AbortSignal): Promise<Serving> {
  const path = `/${randomBytes(16).toString("base64url")}.mobileconfig`;
  let fetched = 0;
  const server = http.createServer((request, response) => {
    if (request.method !== "GET" || request.url !== path) return void response.writeHead(404).end();
    fetched += 1;
    response.writeHead(200, { "content-type": "application/x-apple-aspen-config", "cache-control": "no-store" });
    response.end(profile);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, () => {
      const { port } = server.address() as { port: number };
      const over = new Promise<number>((settle) => {
        const end = (): void => {
          clearTimeout(timer);
          server.closeAllConnections();
          server.close(() => settle(fetched));
        };
        const timer = setTimeout(end, limit);
        signal.addEventListener("abort", end, { once: true });
      });
      resolve({ url: `http://${host}:${port}${path}`, over });
    });
  });
}
