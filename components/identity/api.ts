import { httpRequest } from "../../lib/http";

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
 * One request to Pocket ID's API; fails with one sentence that names the key and the command that fixes it. Like all of this
 * file it also runs from text in the stack's state (see pocketId.ts), so whatever it uses loads its modules by itself.
 */
export async function request(server: Server, method: string, path: string, body?: unknown): Promise<Response> {
  const { issuer, apiKey, trustedCertificates = [] } = server;
  const { status, text } = await httpRequest(`${issuer}/api${path}`, {
    method,
    headers: { "X-API-Key": apiKey, "Content-Type": "application/json" },
    body: body === undefined ? "" : JSON.stringify(body),
    ca: trustedCertificates,
    limit: 20_000,
  }).catch((problem: Error & { code?: string }) => {
    const untrusted = /CERT|SIGNATURE|ISSUER/.test(problem.code ?? "");
    throw new Error(
      `identity.issuer: Pocket ID at ${issuer} does not answer (${problem.code ?? problem.message}). Nothing was changed. ` +
        (untrusted
          ? "If its certificate is issued by your own CA: pulumi config set --path 'trust.certificates[0]' < ca.crt"
          : "Fix it, then try again: pulumi up"),
    );
  });
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
