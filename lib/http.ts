import type { z } from "zod";
import { trusting } from "./customCAs";

export interface HttpResponse {
  readonly status: number;
  readonly text: string;
  /** The server's time, in milliseconds since the epoch. */
  readonly date?: number;
  /** The target of a redirect. */
  readonly location?: string;
  /** The WWW-Authenticate header. */
  readonly login?: string;
}

export interface HttpOptions {
  readonly ca?: readonly string[];
  readonly limit: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** @default GET, and POST with a body */
  readonly method?: string;
}

/**
 * Sends one request. It does not follow redirects: an issuer has none, and a password must be sent to the named host only.
 * It loads its module by itself, because it also runs from text in the stack's state (components/identity/api.ts).
 */
export function httpRequest(
  url: string,
  { ca = [], limit, headers = {}, body, method }: HttpOptions,
): Promise<HttpResponse> {
  const { request }: typeof import("node:https") = require(url.startsWith("https:") ? "node:https" : "node:http");
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      {
        method: method ?? (body === undefined ? "GET" : "POST"),
        agent: false,
        signal: AbortSignal.timeout(limit),
        headers: { ...headers, ...(body !== undefined && { "content-length": Buffer.byteLength(body) }) },
        ...(url.startsWith("https:") && trusting(ca)),
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

/** The JSON of a response; throws an error with the reason if there is none. */
export function parseResponse<T>(shape: z.ZodType<T>, { status, text }: HttpResponse): T {
  if (status !== 200) throw new Error(`HTTP ${status}`);
  try {
    return shape.parse(JSON.parse(text));
  } catch {
    throw new Error("unexpected response");
  }
}
