import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Question {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Asks one server over https; no redirect is followed. */
export type Ask = (method: string, path: string, question?: Question) => Promise<Answer>;

/** A server that has `url`'s name, reached at another address if one leads there, under a CA of its own. */
export function asker(url: string, { at, ca }: { readonly at?: Address; readonly ca?: string }): Ask {
  const { hostname, host, port } = new URL(url);
  const where = at ?? { host: hostname, port: Number(port || 443) };
  return (method, path, { headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
      const call = request(
        {
          ...where,
          method,
          path,
          agent: false,
          servername: hostname,
          headers: { host, ...headers, ...length },
          ...(ca !== undefined && { ca }),
        },
        async (response) => {
          let text = "";
          for await (const piece of response) text += piece;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        },
      );
      call.on("error", reject);
      call.end(body);
    });
}
