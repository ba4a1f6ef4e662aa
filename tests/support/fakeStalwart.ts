import * as http from "node:http";
import { listen } from "./listen";

export interface StalwartRules {
  readonly password: string;
  /** The outbound queue, as `x:QueuedMessage/get` lists it. */
  readonly queue?: readonly object[];
  /** Message-IDs in the mailbox, the oldest first, asked anew each time. The ids are m0, m1 and so on. */
  readonly inbox?: () => readonly string[];
  /** Ids of messages that were destroyed. */
  readonly destroyed?: string[];
  /** The issuer that it has loaded, which it tells of every address. @default none */
  readonly issuer?: string;
  /** Methods that were called, and as whom. */
  readonly called?: string[];
  /** Every path that was asked for, with or without success. */
  readonly asked?: string[];
}

interface Arguments {
  readonly accountId?: string;
  readonly ids?: readonly string[] | null;
  readonly destroy?: readonly string[];
  readonly sort?: readonly { readonly property: string; readonly isAscending?: boolean }[];
  readonly limit?: number;
}

/** As much of the mail server's JMAP as the doctor asks; names and shapes from 0.16.19's source. */
export async function fakeStalwart(rules: StalwartRules): Promise<{ base: string; close(): void }> {
  const { password, queue = [], inbox = () => [], issuer = "", called = [], asked = [], destroyed = [] } = rules;
  const reply = (method: string, { accountId, ids = [], destroy = [], sort, limit }: Arguments): object => {
    if (method === "x:QueuedMessage/get") return { list: queue };
    if (accountId !== "a1") return { type: "accountNotFound" };
    const all = inbox().map((messageId, n) => ({ id: `m${n}`, messageId: [messageId] }));
    if (method === "Email/query") {
      const found = sort?.[0]?.property === "receivedAt" && !sort[0].isAscending ? all.toReversed() : all;
      return { ids: found.slice(0, limit).map(({ id }) => id) };
    }
    if (method === "Email/get") return { list: all.filter(({ id }) => ids?.includes(id)) };
    destroyed.push(...destroy);
    return { destroyed: destroy };
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
