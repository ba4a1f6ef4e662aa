import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { listen } from "./listen";

/** Stands in for Pocket ID 2.14's administration API: the endpoints this project uses, with the answers it gives. */
export interface PocketIdStandIn {
  readonly issuer: string;
  /** Clients by id, as last written. */
  readonly clients: Map<string, Record<string, unknown>>;
  /** Every request as `METHOD /path`, in order. */
  readonly requests: string[];
  /** Allowed groups by client id. */
  readonly allowed: Map<string, string[]>;
  close(): Promise<void>;
}

const bodyOf = async (request: IncomingMessage): Promise<Record<string, unknown>> => {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text === "" ? {} : JSON.parse(text);
};

export interface PocketIdOptions {
  /** Ids of groups by name. @default none */
  readonly groups?: Record<string, string>;
  /** Certificate and key, in PEM. @default plain HTTP */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export async function startPocketId(apiKey: string, options: PocketIdOptions = {}): Promise<PocketIdStandIn> {
  const groups = options.groups ?? {};
  const clients = new Map<string, Record<string, unknown>>();
  const allowed = new Map<string, string[]>();
  const requests: string[] = [];

  async function answer(request: IncomingMessage): Promise<[status: number, body?: unknown]> {
    const url = new URL(request.url ?? "/", "http://pocket-id");
    requests.push(`${request.method} ${url.pathname}`);
    if (request.headers["x-api-key"] !== apiKey) return [403, { error: "You are not signed in" }];
    if (url.pathname === "/api/user-groups") {
      const search = url.searchParams.get("search") ?? "";
      const data = Object.entries(groups).filter(([name]) => name.includes(search));
      return [200, { data: data.map(([name, id]) => ({ id, name })) }];
    }
    const [, id, part] = /^\/api\/oidc\/clients(?:\/([^/]+))?(?:\/(.+))?$/.exec(url.pathname) ?? [];
    const body = await bodyOf(request);
    if (id === undefined) {
      const wanted = body.id as string;
      if (clients.has(wanted)) return [409, { error: "Client ID already exists" }];
      clients.set(wanted, body);
      return [201, body];
    }
    if (!clients.has(id)) return [404, { error: "Not found" }];
    if (part === "allowed-user-groups") {
      allowed.set(id, body.userGroupIds as string[]);
      return [200, {}];
    }
    if (request.method === "GET") return [200, clients.get(id)];
    if (request.method === "DELETE") {
      clients.delete(id);
      return [204];
    }
    clients.set(id, { id, ...body });
    return [200, clients.get(id)];
  }

  const listener: RequestListener = (request, response) => {
    answer(request).then(([status, body]) => {
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    });
  };
  const server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener);
  const port = await listen(server);
  return {
    issuer: `${options.tls ? "https" : "http"}://127.0.0.1:${port}`,
    clients,
    requests,
    allowed,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
