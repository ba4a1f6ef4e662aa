import * as http from "node:http";
import * as https from "node:https";
import * as tls from "node:tls";

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** When the server says it is, in milliseconds since the epoch. */
  readonly date?: number;
  /** Where it sends on to. */
  readonly location?: string;
  /** How it wants a login. */
  readonly login?: string;
}

export interface Ask {
  readonly ca?: readonly string[];
  readonly limit: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** @default GET, and POST with a body */
  readonly method?: string;
}

/** One request. No redirects: an issuer has none, and the way of a password should be known. */
export function ask(url: string, { ca = [], limit, headers = {}, body, method }: Ask): Promise<Answer> {
  const { request } = url.startsWith("https:") ? https : http;
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      {
        method: method ?? (body === undefined ? "GET" : "POST"),
        agent: false,
        signal: AbortSignal.timeout(limit),
        headers: { ...headers, ...(body !== undefined && { "content-length": Buffer.byteLength(body) }) },
        ...(url.startsWith("https:") && { ca: [...tls.getCACertificates("default"), ...ca] }),
      },
      (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.on("error", reject);
        response.on("end", () => {
          const date = Date.parse(response.headers.date ?? "");
          const text = Buffer.concat(pieces).toString();
          const { location, "www-authenticate": login } = response.headers;
          resolve({
            status: response.statusCode ?? 0,
            text,
            ...(Number.isFinite(date) && { date }),
            ...(location !== undefined && { location }),
            ...(login !== undefined && { login }),
          });
        });
      },
    );
    call.on("error", reject);
    call.end(body);
  });
}
