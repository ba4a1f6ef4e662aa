import * as http from "node:http";
import { listen } from "./listen";

export interface StalwartRules {
  readonly password: string;
  /** The outbound queue, as `x:QueuedMessage/get` lists it. */
  readonly queue?: readonly object[];
  /** Message-IDs in the mailbox, asked anew each time. */
  readonly inbox?: () => readonly string[];
  /** The issuer that it has loaded, which it tells of every address. @default none */
  readonly issuer?: string;
  /** Methods that were called, and as whom. */
  readonly called?: string[];
  /** Every path that was asked for, with or without success. */
  readonly asked?: string[];
}

/** As much of the mail server's JMAP as the doctor asks; names and shapes from 0.16.19's source. */
export async function fakeStalwart(rules: StalwartRules): Promise<{ base: string; close(): void }> {
  const { password, queue = [], inbox = () => [], issuer = "", called = [], asked = [] } = rules;
  const reply = (method: string, args: { ids?: string[] | null; destroy?: string[] }): object => {
    if (method === "x:QueuedMessage/get") return { list: queue };
    if (method === "Email/query") return { ids: inbox().map((_, n) => `m${n}`) };
    if (method === "Email/get") return { list: inbox().map((id, n) => ({ id: `m${n}`, messageId: [id] })) };
    return { destroyed: args.destroy };
  };
  const server = http.createServer(async (request, response) => {
    asked.push(request.url ?? "");
    if (request.headers["x-forwarded-for"] === undefined) return void response.writeHead(400).end();
    if (request.url?.startsWith("/api/discover/")) return void response.end(JSON.stringify({ issuer }));
    const login = Buffer.from(request.headers.authorization?.replace("Basic ", "") ?? "", "base64").toString();
    const user = login.slice(0, login.indexOf(":"));
    if (login.slice(user.length + 1) !== password || !user.endsWith("admin")) return void response.writeHead(401).end();
    if (request.url === "/jmap/session") {
      return void response.end(JSON.stringify({ primaryAccounts: { "urn:ietf:params:jmap:mail": "a1" } }));
    }
    let text = "";
    for await (const piece of request) text += piece;
    const [[method, args]] = JSON.parse(text).methodCalls;
    called.push(`${user} ${method}`);
    response.end(JSON.stringify({ methodResponses: [[method, reply(method, args), "0"]] }));
  });
  const port = await listen(server);
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { base: `http://127.0.0.1:${port}`, close };
}
