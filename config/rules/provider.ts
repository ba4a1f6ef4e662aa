import { resolveDomains } from "../resolve/domains";
import type { Finding, PartialConfig } from "./finding";
import { localPart, notReserved, ownLocalPart } from "./values";

/** Ports on which servers begin in clear text, and where their TLS ports are. */
export const CLEARTEXT: Readonly<Record<"imap" | "smtp", Readonly<Record<number, number>>>> = {
  imap: { 143: 993 },
  smtp: { 25: 465, 587: 465 },
};

/**
 * Both connections to the provider use implicit TLS. STARTTLS is not supported: an attacker on the network can remove the
 * server's offer and read the password (RFC 8314, 3.3, prefers implicit TLS for the same reason).
 */
export function implicitTls({ provider }: PartialConfig): Finding[] {
  return (["imap", "smtp"] as const).flatMap((protocol): Finding[] => {
    const port = provider?.[protocol].port;
    const instead = port === undefined ? undefined : CLEARTEXT[protocol][port];
    if (instead === undefined) return [];
    const text = `begins in clear text (STARTTLS), and this stack speaks TLS only; the provider's port is usually ${instead}`;
    return [{ path: ["provider", protocol, "port"], text }];
  });
}

/** A login in one of the stack's domains gets an account here, which receives the bounces of its mail. */
export function relayAccount(partial: PartialConfig): Finding[] {
  const [local = "", at = "", ...rest] = (partial.relay?.username ?? "").toLowerCase().split("@");
  if (rest.length > 0 || !resolveDomains(partial)?.includes(at)) return [];
  const problem = localPart(local) ?? ownLocalPart(local) ?? notReserved(local);
  return problem === undefined ? [] : [{ path: ["relay", "username"], text: problem }];
}

export const providerRules = [implicitTls, relayAccount] as const;
