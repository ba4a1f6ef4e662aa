import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { listen } from "./listen";

/** A user as Pocket ID's API lists them; the address as it was typed. */
export interface PocketIdUser {
  readonly id: string;
  readonly username: string;
  readonly email: string | null;
  readonly disabled: boolean;
}

/**
 * A fake of Pocket ID 2.14's administration API: the endpoints this project uses, with the answers that the real one gives
 * (tests/rig/fakes/README.md says where each was seen).
 */
export interface FakePocketId {
  readonly issuer: string;
  readonly port: number;
  /** Clients by id, as last written. */
  readonly clients: Map<string, Record<string, unknown>>;
  /** Every request as `METHOD /path`, in order. */
  readonly requests: string[];
  /** Ids of the allowed groups by client id. */
  readonly allowed: Map<string, string[]>;
  /** What a test may turn. */
  readonly state: {
    apiKey: string;
    /** Whether the key is an administrator's. */
    administrates: boolean;
    /** Undefined before 2.4, which does not tell. */
    version: string | undefined;
    users: PocketIdUser[];
    /** Public application configuration. */
    configuration: Record<string, string>;
  };
  close(): Promise<void>;
}

const bodyOf = async (request: IncomingMessage): Promise<Record<string, unknown>> => {
  let text = "";
  for await (const chunk of request) text += chunk;
  if (text === "") return {};
  const type = request.headers["content-type"] ?? "";
  if (type.startsWith("application/json")) return JSON.parse(text);
  return type === "application/x-www-form-urlencoded" ? Object.fromEntries(new URLSearchParams(text)) : {};
};

export interface PocketIdOptions {
  /** Ids of groups by name. @default none */
  readonly groups?: Record<string, string>;
  /** The name that it is reached under, where a client is told the port another way. @default its address */
  readonly issuer?: string;
  /** Certificate and key, in PEM. @default plain HTTP */
  readonly tls?: { readonly cert: string; readonly key: string };
}

type Reply = [status: number, body?: unknown];

const refuse = (status: number, error: string): Reply => [status, { error }];

/** 20 entries unless asked for more, 100 at most, and the last page again for every page after it. */
function page<T>(all: readonly T[], query: URLSearchParams): Reply {
  const limit = Math.min(100, Number(query.get("pagination[limit]")) || 20);
  const totalPages = Math.max(1, Math.ceil(all.length / limit));
  const currentPage = Math.min(totalPages, Math.max(1, Number(query.get("pagination[page]")) || 1));
  const data = all.slice((currentPage - 1) * limit, currentPage * limit);
  return [200, { data, pagination: { totalPages, totalItems: all.length, currentPage, itemsPerPage: limit } }];
}

const flags = ["isPublic", "pkceEnabled", "requiresReauthentication", "skipConsent", "isGroupRestricted"] as const;

/** What Pocket ID keeps of a client that is written: whatever is not sent is reset. */
function stored(id: string, body: Record<string, unknown>): Record<string, unknown> {
  const { accessTokenDurationMinutes: access, refreshTokenDurationMinutes: refresh } = body;
  return {
    id,
    name: body.name,
    description: body.description ?? "",
    callbackURLs: body.callbackURLs ?? [],
    logoutCallbackURLs: body.logoutCallbackURLs ?? [],
    launchURL: body.launchURL ?? null,
    credentials: body.credentials ?? { federatedIdentities: [] },
    requiresPushedAuthorizationRequests: body.requiresPushedAuthorizationRequests === true,
    ...Object.fromEntries(flags.map((flag) => [flag, body[flag] === true])),
    ...(body.isPublic === true && { pkceEnabled: true }),
    accessTokenDurationMinutes: access || 60,
    refreshTokenDurationMinutes: refresh || 43200,
  };
}

/** What of a client everybody is told, without a key. */
const META = ["id", "name", "description", "launchURL", "requiresReauthentication"];

export async function startPocketId(apiKey: string, options: PocketIdOptions = {}): Promise<FakePocketId> {
  const groups = options.groups ?? {};
  const clients = new Map<string, Record<string, unknown>>();
  const allowed = new Map<string, string[]>();
  const requests: string[] = [];
  const state: FakePocketId["state"] = {
    apiKey,
    administrates: true,
    version: "2.14.0",
    users: [],
    configuration: { appName: "Pocket ID", allowOwnAccountEdit: "false", allowUserSignups: "disabled" },
  };
  let origin = "";

  function publicly(method: string, path: string, form: Record<string, unknown>): Reply | undefined {
    if (path === "/.well-known/openid-configuration") {
      const endpoint = `${origin}/api/oidc/device/authorize`;
      return [
        200,
        { issuer: origin, jwks_uri: `${origin}/.well-known/jwks.json`, device_authorization_endpoint: endpoint },
      ];
    }
    if (path === "/.well-known/jwks.json") return [200, { keys: [{ kty: "RSA", use: "sig", kid: "1" }] }];
    if (path === "/api/application-configuration") {
      return [200, Object.entries(state.configuration).map(([key, value]) => ({ key, value, type: "string" }))];
    }
    const meta = /^\/api\/oidc\/clients\/([^/]+)\/meta$/.exec(path)?.[1];
    if (meta !== undefined) {
      const client = clients.get(meta);
      if (!client) return refuse(404, "OIDC client not found");
      return [200, Object.fromEntries(META.map((key) => [key, client[key] ?? null]))];
    }
    if (path === "/api/oidc/device/authorize" && method === "POST") {
      if (!clients.has(String(form.client_id))) return [401, { error: "invalid_client" }];
      const uri = `${origin}/device`;
      const code = "ABCD2345";
      const answer = { device_code: "d", user_code: code, verification_uri: uri, expires_in: 900, interval: 5 };
      return [200, { ...answer, verification_uri_complete: `${uri}?user_code=${code}` }];
    }
    return undefined;
  }

  function ofClient(method: string, id: string, part: string | undefined, body: Record<string, unknown>): Reply {
    const client = clients.get(id);
    if (!client) return refuse(404, "OIDC client not found");
    const named = () =>
      Object.entries(groups).flatMap(([name, group]) =>
        allowed.get(id)?.includes(group) ? [{ id: group, name }] : [],
      );
    if (part === "allowed-user-groups") {
      const ids = body.userGroupIds as string[];
      if (!Array.isArray(ids)) return refuse(400, "userGroupIds is required");
      allowed.set(id, ids);
      return [200, { ...client, allowedUserGroups: named() }];
    }
    if (method === "DELETE") {
      clients.delete(id);
      allowed.delete(id);
      return [204];
    }
    if (method === "PUT") {
      if (!body.name || String(body.name).length > 50) return refuse(400, "Name is required and at most 50 characters");
      clients.set(id, stored(id, body));
      if (body.isGroupRestricted !== true) allowed.delete(id);
    }
    return [200, { ...clients.get(id), allowedUserGroups: named() }];
  }

  async function answer(request: IncomingMessage): Promise<Reply> {
    const url = new URL(request.url ?? "/", "http://pocket-id");
    const method = request.method ?? "GET";
    requests.push(`${method} ${url.pathname}`);
    const body = await bodyOf(request);
    const open = publicly(method, url.pathname, body);
    if (open) return open;
    if (request.headers["x-api-key"] !== state.apiKey) return refuse(401, "You are not signed in");
    const search = url.searchParams.get("search") ?? "";
    if (url.pathname === "/api/version/current") {
      return state.version === undefined ? refuse(404, "Not found") : [200, { currentVersion: state.version }];
    }
    if (!state.administrates) return refuse(403, "You don't have permission to perform this action");
    if (url.pathname === "/api/users") return page(state.users, url.searchParams);
    if (url.pathname === "/api/user-groups") {
      const found = Object.entries(groups).filter(([name]) => name.includes(search));
      return page(
        found.map(([name, id]) => ({ id, name })),
        url.searchParams,
      );
    }
    const [, id, part] = /^\/api\/oidc\/clients(?:\/([^/]+))?(?:\/(.+))?$/.exec(url.pathname) ?? [];
    if (id !== undefined) return ofClient(method, id, part, body);
    if (method !== "POST" || url.pathname !== "/api/oidc/clients") return refuse(404, "Not found");
    const wanted = String(body.id);
    if (!/^[A-Za-z0-9._-]{2,128}$/.test(wanted)) return refuse(400, "Invalid client ID");
    if (!body.name || String(body.name).length > 50) return refuse(400, "Name is required and at most 50 characters");
    if (clients.has(wanted)) return refuse(409, "Client ID already exists");
    clients.set(wanted, stored(wanted, body));
    return [201, { ...clients.get(wanted), allowedUserGroups: [] }];
  }

  const listener: RequestListener = (request, response) => {
    answer(request).then(([status, body]) => {
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    });
  };
  const server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener);
  const port = await listen(server);
  origin = options.issuer ?? `${options.tls ? "https" : "http"}://127.0.0.1:${port}`;
  return {
    issuer: origin,
    port,
    clients,
    requests,
    allowed,
    state,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
