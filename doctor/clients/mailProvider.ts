import type { ImapFlowOptions } from "imapflow";
import { createTransport } from "nodemailer";
import type { Endpoint } from "../../config/types";
import { trusting } from "../../lib/customCAs";
import { reasonOf } from "../../lib/reason";

/** Why there is no session: the login or the certificate is wrong, or the server is unreachable. */
export type Failure = "refused" | "certificate" | "unreachable";
export interface Failed {
  readonly failed: Failure;
  readonly reason: string;
}

export interface MailboxLogin {
  readonly mailbox: string;
  readonly address: string;
  readonly password: string;
  readonly folders: readonly string[];
  readonly keep: boolean;
}

export interface ProviderArgs {
  readonly ca: readonly string[];
  /** Milliseconds for one whole session. */
  readonly limit: number;
}

const certificateTrouble = /CERT_|_CERT|SIGNATURE|ISSUER|ALTNAME|certificate/;

export function failureOf(problem: unknown): Failed {
  const {
    code = "",
    authenticationFailed,
    responseText,
  } = problem as NodeJS.ErrnoException & {
    authenticationFailed?: boolean;
    responseText?: string;
  };
  if (authenticationFailed || code === "EAUTH") return { failed: "refused", reason: responseText ?? reasonOf(problem) };
  if (certificateTrouble.test(`${code} ${(problem as Error).message}`)) {
    // nodemailer replaces the socket's error code with its own
    return { failed: "certificate", reason: certificateTrouble.test(code) ? code : reasonOf(problem) };
  }
  return { failed: "unreachable", reason: reasonOf(problem) };
}

/**
 * Logins that were refused, and when. A provider locks accounts after repeated failed logins, so with --watch such a login is not
 * tried for as long as a fetcher waits (components/fetcher/program/options.py: refused-max).
 */
const refusals = new Map<string, { readonly failed: Failed; readonly at: number }>();
const rest = 600_000;

export async function unlessRefused<T extends object>(login: readonly string[], attempt: () => Promise<T | Failed>) {
  const key = JSON.stringify(login);
  const last = refusals.get(key);
  if (last !== undefined && Date.now() - last.at < rest) return last.failed;
  const result = await attempt();
  if ("failed" in result && result.failed === "refused") refusals.set(key, { failed: result, at: Date.now() });
  return result;
}

export const session = (imap: Endpoint, login: MailboxLogin, { ca, limit }: ProviderArgs): ImapFlowOptions => ({
  host: imap.host,
  port: imap.port,
  secure: true,
  auth: { user: login.address, pass: login.password },
  logger: false,
  tls: trusting(ca),
  connectionTimeout: limit,
  greetingTimeout: limit,
  socketTimeout: limit,
  disableAutoIdle: true,
});

export interface RelayLogin {
  readonly username: string;
  readonly password: string;
}

export const transport = (smtp: Endpoint, login: RelayLogin, { ca, limit }: ProviderArgs) =>
  createTransport({
    host: smtp.host,
    port: smtp.port,
    secure: true,
    auth: { user: login.username, pass: login.password },
    tls: trusting(ca),
    connectionTimeout: limit,
    greetingTimeout: limit,
    socketTimeout: limit,
  });
