import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import * as https from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PrivateCa } from "../rig/ca";
import { fakeIssuerOptions } from "../rig/environment/issuer";
import { callbacks, clientId, testUser } from "../rig/environment/names";
import { listen } from "./listen";

const program = join(__dirname, "../rig/fakes/pocket-id/oidc-server.mjs");
export const folder = mkdtempSync(join(tmpdir(), "issuer-"));
const privateCa = new PrivateCa(folder);
const pair = privateCa.issue("localhost");
const agent = new https.Agent({ ca: readFileSync(privateCa.cert), keepAlive: false });
afterAll(() => rmSync(folder, { recursive: true }));

export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly location: string;
}

/** A browser, as far as it matters here: it keeps cookies. */
export class Browser {
  private readonly cookies = new Map<string, string>();
  constructor(private readonly base: string) {}

  ask(path: string, form?: Record<string, string>, token?: string): Promise<Reply> {
    const body = form && new URLSearchParams(form).toString();
    return new Promise((resolve, reject) => {
      const request = https.request(new URL(path, this.base), {
        agent,
        method: body === undefined ? "GET" : "POST",
        headers: {
          cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { "content-type": "application/x-www-form-urlencoded" }),
        },
      });
      request.on("error", reject);
      request.on("response", async (response) => {
        let text = "";
        for await (const piece of response) text += piece;
        for (const cookie of response.headers["set-cookie"] ?? []) {
          const [name = "", value = ""] = (cookie.split(";")[0] ?? "").split(/=(.*)/s);
          this.cookies.set(name, value);
        }
        resolve({ status: response.statusCode ?? 0, text, location: response.headers.location ?? "" });
      });
      request.end(body);
    });
  }

  /** Begins to sign in; gives the page that asks for something. */
  begin(changed: Record<string, string> = {}): Promise<Reply> {
    const query = new URLSearchParams({
      client_id: clientId,
      response_type: "code",
      scope: "openid email profile offline_access",
      redirect_uri: callbacks.callbackURLs[0],
      state: "12345678",
      ...changed,
    });
    return this.ask(`/authorize?${query}`);
  }

  /** Signs kinga in, as far as the code that the client would get. */
  async signIn(): Promise<Reply> {
    const started = await this.begin();
    const resumed = await this.ask(started.location, { name: testUser.name });
    return this.ask(resumed.location);
  }
}

async function free(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  return port;
}

/** Starts the fake of Pocket ID that signs users in, and fails when it ends at its start. */
export async function start(options: Record<string, unknown>, port: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, OPTIONS: JSON.stringify(options) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const up = new Promise<boolean>((resolve) => {
    child.stdout?.on("data", (text) => String(text).includes("NOTE") && resolve(true));
    child.once("exit", () => resolve(false));
  });
  if (!(await up)) throw new Error(`it ended at its start, port ${port}`);
  return child;
}

/** A free port, and options of a fake there whose one client has this changed. */
export async function issuer(change: Record<string, unknown> = {}) {
  const port = await free();
  const base = `https://localhost:${port}`;
  const at = { issuer: base, listen: "127.0.0.1", port, key: pair.key, cert: pair.cert };
  const { clients, ...options } = JSON.parse(fakeIssuerOptions(at));
  return { base, port, options: { ...options, clients: [{ ...clients[0], ...change }] } };
}
