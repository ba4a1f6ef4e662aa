import { z } from "zod";
import { httpRequest } from "../../lib/http";

export interface ServerArgs {
  /** Base address of the mail server's HTTP port. */
  readonly base: string;
  /** `admin`, or `user%admin` to act as that user. */
  readonly user: string;
  readonly password: string;
  readonly limit: number;
}

const replyShape = z.object({
  methodResponses: z.array(z.tuple([z.string(), z.record(z.string(), z.unknown()), z.string()])),
});

/** The server is configured to use X-Forwarded-For, and expects it on every request. */
export const forwarded = { "X-Forwarded-For": "127.0.0.1" } as const;

/** The server does not accept the password. */
export class PasswordRefused extends Error {}

/**
 * The server bans an address after a hundred failed logins a day, and the doctor's connections have the address of the kubelet's
 * probes. So with --watch, a refused login is not retried.
 */
const refused = new Set<string>();

/** A request as the administrator. */
export async function asAdministrator({ base, user, password, limit }: ServerArgs, path: string, body?: string) {
  const login = Buffer.from(`${user}:${password}`).toString("base64");
  const message = "the mail server refuses the administrator's password";
  if (refused.has(login)) throw new PasswordRefused(message);
  const headers = { ...forwarded, "content-type": "application/json", authorization: `Basic ${login}` };
  const answer = await httpRequest(`${base}${path}`, { limit, headers, ...(body !== undefined && { body }) });
  if (answer.status === 401) {
    refused.add(login);
    throw new PasswordRefused(message);
  }
  return answer;
}

/** JMAP, which in 0.16 is the management API as well (crates/jmap/src/registry). One method per request. */
export async function jmap(
  args: ServerArgs,
  method: string,
  parameters: Readonly<Record<string, unknown>>,
  capabilities: readonly string[] = [],
): Promise<Record<string, unknown>> {
  const body = JSON.stringify({
    using: ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail", "urn:stalwart:jmap", ...capabilities],
    methodCalls: [[method, parameters, "0"]],
  });
  const answer = await asAdministrator(args, "/jmap", body);
  if (answer.status !== 200) throw new Error(`HTTP ${answer.status}`);
  const [first] = replyShape.parse(JSON.parse(answer.text)).methodResponses;
  if (first?.[0] !== method) throw new Error(`the server answers ${method} with ${String(first?.[1].type)}`);
  return first[1];
}
