import * as http from "node:http";
import * as https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { type KubeObject, startProxy, type TimedKubectl } from "../../../lib/kubectl";

interface Reply {
  readonly status: number;
  /** Seconds after which the server wants to be asked again. */
  readonly retryAfter?: number;
  readonly body: KubeObject;
}

/** How often a server that asks for it is asked again. */
const RETRIES = 10;

/** What the API server said when it refused, with its HTTP status. */
class KubeError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

interface Kind {
  readonly plural: string;
  readonly namespaced: boolean;
}

/** How requests reach an API server. */
interface Connection {
  readonly send: typeof http.request;
  readonly url: string;
  readonly options: http.RequestOptions;
  /** The reason behind an error that is not the API server's own. */
  readonly reason?: () => string;
}

const POOL = { keepAlive: true, maxSockets: 32 };

/** Plain REST against one API server: just what a sandbox and the tests need. */
export class KubeClient {
  private readonly kinds = new Map<string, Promise<Map<string, Kind>>>();

  private constructor(private readonly connection: Connection) {}

  /** A client for an API server of which everything is known. */
  static direct({ server, token, ca }: Readonly<Record<"server" | "token" | "ca", string>>): KubeClient {
    const options = { agent: new https.Agent({ ...POOL, ca }), headers: { authorization: `Bearer ${token}` } };
    return new KubeClient({ send: https.request, url: server, options });
  }

  /** A client for a cluster of which only the kubeconfig is known, until the signal fires. kubectl does the login. */
  static async throughKubectl(kubectl: TimedKubectl, signal: AbortSignal): Promise<KubeClient> {
    const { socket, lastLine } = await startProxy(kubectl, signal);
    const options = { agent: new http.Agent(POOL), socketPath: socket };
    return new KubeClient({ send: http.request, url: "http://localhost", options, reason: lastLine });
  }

  /** One request; throws a KubeError for any answer that is not a success. A server that asks for a moment gets it. */
  async request(method: string, target: string, body?: unknown, contentType = "application/json"): Promise<KubeObject> {
    for (let attempt = 1; ; attempt++) {
      const reply = await this.once(method, target, body, contentType);
      // "storage is (re)initializing", of a kind that is new, is one of these. client-go tries as often.
      if (reply.retryAfter !== undefined && attempt <= RETRIES) {
        await sleep(reply.retryAfter * 1000);
        continue;
      }
      if (reply.status >= 300) {
        throw new KubeError(reply.status, reply.body.message ?? `${method} ${target}: ${reply.status}`);
      }
      return reply.body;
    }
  }

  private once(method: string, target: string, body: unknown, contentType: string): Promise<Reply> {
    const { send, url, options, reason } = this.connection;
    const payload = body === undefined ? undefined : JSON.stringify(body);
    return new Promise<Reply>((resolve, reject) => {
      const request = send(
        new URL(target, url),
        {
          ...options,
          method,
          headers: {
            ...options.headers,
            accept: "application/json",
            ...(payload && { "content-type": contentType, "content-length": Buffer.byteLength(payload) }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            const text = Buffer.concat(chunks).toString();
            const status = response.statusCode ?? 0;
            const retryAfter = Number(response.headers["retry-after"] ?? Number.NaN);
            resolve({
              status,
              ...((status === 429 || status >= 500) && retryAfter >= 0 && { retryAfter }),
              body: text.startsWith("{")
                ? JSON.parse(text)
                : { message: [text.trim(), reason?.()].filter(Boolean).join(": ") },
            });
          });
        },
      );
      request.on("error", (error: NodeJS.ErrnoException) => {
        // The server closed a connection that lay idle, at the moment in which it was used again: Node's own advice is to
        // ask once more (https://nodejs.org/api/http.html#requestreusedsocket).
        if (request.reusedSocket && error.code === "ECONNRESET") {
          resolve(this.once(method, target, body, contentType));
        } else {
          reject(error);
        }
      });
      request.setTimeout(60_000, () => request.destroy(new Error(`${method} ${target}: no answer for a minute`)));
      request.end(payload);
    });
  }

  /** The path of an object, or of its collection when it has no name. */
  private async pathOf(object: KubeObject, name: string | undefined = object.metadata?.name): Promise<string> {
    const { apiVersion, kind } = object;
    const { plural, namespaced } = await this.kind(apiVersion, kind);
    const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const scope = namespaced ? `/namespaces/${object.metadata?.namespace || "default"}` : "";
    return `${root}${scope}/${plural}${name ? `/${name}` : ""}`;
  }

  async create(object: KubeObject, query = ""): Promise<KubeObject> {
    return this.request("POST", `${await this.pathOf(object, "")}${query}`, object);
  }

  /** Server-side apply: creates the object or changes it, as this field manager. */
  async apply(object: KubeObject, query: string): Promise<KubeObject> {
    return this.request("PATCH", `${await this.pathOf(object)}${query}`, object, "application/apply-patch+yaml");
  }

  /** The live object, or undefined when there is none. */
  async read(object: KubeObject): Promise<KubeObject | undefined> {
    return unlessGone(async () => this.request("GET", await this.pathOf(object)));
  }

  async delete(object: KubeObject): Promise<void> {
    await unlessGone(async () => this.request("DELETE", await this.pathOf(object)));
  }

  /** All objects of a kind, in one namespace or in all. */
  async list(apiVersion: string, kind: string, namespace?: string): Promise<KubeObject[]> {
    const { plural } = await this.kind(apiVersion, kind);
    const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const scope = namespace ? `/namespaces/${namespace}` : "";
    const { items } = await this.request("GET", `${root}${scope}/${plural}`);
    return items.map((item: KubeObject) => ({ apiVersion, kind, ...item }));
  }

  private async kind(apiVersion: string, kind: string): Promise<Kind> {
    for (const fresh of [false, true]) {
      // Asked again once when a kind is missing: its CustomResourceDefinition may have been created meanwhile.
      if (fresh || !this.kinds.has(apiVersion)) this.kinds.set(apiVersion, this.discover(apiVersion));
      const found = (await this.kinds.get(apiVersion))?.get(kind);
      if (found) return found;
    }
    throw new KubeError(404, `the cluster does not know ${apiVersion} ${kind}`);
  }

  private async discover(apiVersion: string): Promise<Map<string, Kind>> {
    const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const found = await unlessGone(() => this.request("GET", root));
    const resources: KubeObject[] = found?.resources ?? [];
    return new Map(
      resources.filter((r) => !r.name.includes("/")).map((r) => [r.kind, { plural: r.name, namespaced: r.namespaced }]),
    );
  }
}

async function unlessGone<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return undefined;
    throw error;
  }
}
