/** A Pocket ID server, and how to connect to it. */
export interface Server {
  readonly issuer: string;
  /** Key of an administrator of Pocket ID. Secret. */
  readonly apiKey: string;
  /** Custom CAs, in PEM form, that may have issued its certificate, in addition to those that Node trusts. */
  readonly trustedCertificates?: readonly string[];
}

export interface Response {
  readonly status: number;
  readonly body: unknown;
}

/**
 * What comes back, as text. All functions of this file also run from text in the stack's state (see pocketId.ts), so each
 * loads the modules that it needs by itself.
 */
function send(server: Server, method: string, path: string, body: string): Promise<{ status: number; text: string }> {
  const tls: typeof import("node:tls") = require("node:tls");
  const url = new URL(`${server.issuer}/api${path}`);
  const http: typeof import("node:https") = require(url.protocol === "https:" ? "node:https" : "node:http");
  // A list replaces what Node trusts by itself, which NODE_EXTRA_CA_CERTS adds to; so that stands in it, too.
  const usual = tls.getCACertificates ? tls.getCACertificates("default") : tls.rootCertificates;
  const { trustedCertificates = [] } = server;
  return new Promise((resolve, reject) => {
    const request = http.request(
      url,
      {
        method,
        headers: {
          "X-API-Key": server.apiKey,
          "Content-Type": "application/json",
          "Content-Length": Buffer.byteLength(body),
        },
        signal: AbortSignal.timeout(20_000),
        agent: false, // nothing stays open behind the last answer
        ...(trustedCertificates.length > 0 && { ca: [...usual, ...trustedCertificates] }),
      },
      (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.on("error", reject);
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString() });
        });
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

/** One request to Pocket ID's API; fails with one sentence that names the key and the command that fixes it. */
export async function request(server: Server, method: string, path: string, body?: unknown): Promise<Response> {
  const { issuer } = server;
  const { status, text } = await send(server, method, path, body === undefined ? "" : JSON.stringify(body)).catch(
    (problem: Error & { code?: string }) => {
      const untrusted = /CERT|SIGNATURE|ISSUER/.test(problem.code ?? "");
      throw new Error(
        `identity.issuer: Pocket ID at ${issuer} does not answer (${problem.code ?? problem.message}). Nothing was changed. ` +
          (untrusted
            ? "If its certificate is issued by your own CA: pulumi config set --path 'trust.certificates[0]' < ca.crt"
            : "Fix it, then try again: pulumi up"),
      );
    },
  );
  if (status === 401 || status === 403) {
    throw new Error(
      `identity.apiKey: Pocket ID at ${issuer} refuses the key (HTTP ${status}). Nothing was changed. ` +
        "Fix it: pulumi config set --secret --path identity.apiKey",
    );
  }
  if ((status < 200 || status > 299) && status !== 404) {
    throw new Error(`Pocket ID at ${issuer} answers ${method} ${path} with HTTP ${status}: ${text.slice(0, 300)}`);
  }
  return { status, body: text === "" ? undefined : JSON.parse(text) };
}

/**
 * A whole list. Pocket ID gives at most 100 entries at a time, and the last page again for every page after it
 * (backend/internal/utils/list_request_util.go), so the number of pages decides when to stop.
 */
export async function listAll<T>(server: Server, path: string, search = ""): Promise<T[]> {
  const found: T[] = [];
  for (let page = 1, last = 1; page <= last; page++) {
    const query = new URLSearchParams({ search, "pagination[page]": `${page}`, "pagination[limit]": "100" });
    const { body } = await request(server, "GET", `${path}?${query}`);
    const { data, pagination } = (body ?? {}) as { data?: T[]; pagination?: { totalPages?: number } };
    found.push(...(data ?? []));
    last = pagination?.totalPages ?? 1;
  }
  return found;
}

/**
 * What is wrong with Pocket ID's version, if anything. 2.10 is the first whose clients can skip consent, and 2.8 the first
 * where signing out takes refresh tokens away (CVE-2026-43983 is about such tokens). Version 3 changes this API. One that was
 * built from a source tree calls itself "unknown", and is taken.
 */
export function unsupported(version: string): string | undefined {
  const [, major, minor] = /^v?(\d+)\.(\d+)\./.exec(version) ?? [];
  if (major === undefined) return undefined;
  if (Number(major) > 2) return "which has another API than the 2.x that this program knows";
  return Number(major) < 2 || Number(minor) < 10 ? "and at least 2.10.0 is needed" : undefined;
}

export async function checkVersion(server: Server): Promise<void> {
  const { status, body } = await request(server, "GET", "/version/current");
  const version = status === 404 ? "1.0.0" : String((body as { currentVersion?: unknown }).currentVersion);
  const why = unsupported(version);
  if (why === undefined) return;
  throw new Error(
    `identity.issuer: Pocket ID at ${server.issuer} is ${status === 404 ? "older than 2.4" : `version ${version}`}, ${why}. ` +
      "Nothing was changed. Change its version, or keep the client by hand as `pulumi stack output identityClient` " +
      "says: pulumi config rm --path identity.apiKey",
  );
}
