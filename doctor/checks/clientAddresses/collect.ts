import { type Ask, ask } from "../../clients/http";
import { reasonOf } from "../../clients/reason";

/** The headers in which a client can claim to be somewhere else. */
export const claims = { Forwarded: "for=127.0.0.1", "X-Forwarded-For": "127.0.0.1" } as const;

export interface ForgedObservation {
  readonly host: string;
  /** What the mail server answers to a request without a claim. */
  readonly plain: { readonly status: number } | { readonly reason: string };
  /** The headers with which it answers something else. */
  readonly believed: readonly (keyof typeof claims)[];
}

/**
 * The mail server refuses this path to everybody whose request came through the ingress (components/mailserver/plan.ts),
 * except to its own address, so that nobody locks themselves out (stalwartlabs/stalwart, crates/http/src/request.rs).
 * Who gets further with a claim to be that address has been believed. Nothing logs in, so no guess is counted.
 */
const REFUSED = "/api/auth";

/** Claims to be the mail server itself, through the ingress, and looks whether that changes the answer. */
export async function collectForged(base: string, host: string, options: Ask): Promise<ForgedObservation> {
  const status = async (headers?: Record<string, string>): Promise<number> =>
    (await ask(`${base}${REFUSED}`, { ...options, ...(headers && { headers }) })).status;
  try {
    const plain = await status();
    const answers = await Promise.all(
      Object.entries(claims).map(async ([name, claim]) => ({
        name,
        changed: (await status({ [name]: claim })) !== plain,
      })),
    );
    const believed = answers.filter(({ changed }) => changed).map(({ name }) => name as keyof typeof claims);
    return { host, plain: { status: plain }, believed };
  } catch (problem) {
    return { host, plain: { reason: reasonOf(problem) }, believed: [] };
  }
}
