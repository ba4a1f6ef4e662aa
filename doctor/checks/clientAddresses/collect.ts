import { type HttpOptions, httpRequest } from "../../../lib/http";
import { reasonOf } from "../../../lib/reason";

/** The headers in which a client can claim another address. */
export const claims = { Forwarded: "for=127.0.0.1", "X-Forwarded-For": "127.0.0.1" } as const;

export interface ForgedObservation {
  readonly host: string;
  /** The response to a request without a claim. */
  readonly plain: { readonly status: number } | { readonly reason: string };
  /** The headers that change its response. */
  readonly forgeable: readonly (keyof typeof claims)[];
}

/**
 * The mail server refuses this path for all requests that come through the ingress (components/mailserver/plan.ts), except from
 * its own address, so that no administrator is locked out (stalwartlabs/stalwart, crates/http/src/request.rs). If a request that
 * claims this address gets another response, the forged address was used. The check does not log in, so no failed login counts.
 */
const REFUSED = "/api/auth";

/** Claims the mail server's own address, through the ingress, and checks whether that changes the response. */
export async function collectForged(base: string, host: string, options: HttpOptions): Promise<ForgedObservation> {
  const status = async (headers?: Record<string, string>): Promise<number> =>
    (await httpRequest(`${base}${REFUSED}`, { ...options, ...(headers && { headers }) })).status;
  try {
    const plain = await status();
    const answers = await Promise.all(
      Object.entries(claims).map(async ([name, claim]) => ({
        name,
        changed: (await status({ [name]: claim })) !== plain,
      })),
    );
    const forgeable = answers.filter(({ changed }) => changed).map(({ name }) => name as keyof typeof claims);
    return { host, plain: { status: plain }, forgeable };
  } catch (problem) {
    return { host, plain: { reason: reasonOf(problem) }, forgeable: [] };
  }
}
