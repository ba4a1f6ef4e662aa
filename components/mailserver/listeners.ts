import { createHash } from "node:crypto";
import { ports } from "../../config/names";

/** A port that the mail server listens on: one list feeds the settings, the Services and the container's ports. */
export interface Listener {
  /** Name in the server's settings. The server's own names are kept, so that its defaults are updated, not doubled. */
  readonly name: string;
  readonly port: number;
  readonly protocol: "smtp" | "imap" | "manageSieve" | "http";
  /** TLS from the first byte. All others offer STARTTLS, where the protocol has it. */
  readonly tlsImplicit: boolean;
  /** Whether people reach it through the Service for people. */
  readonly forPeople: boolean;
}

/**
 * Every port the server listens on. 25 takes mail from apps and fetchers with no login, so it is never offered to
 * people; neither is 2525, where fetchers hand over what the provider called junk, nor plain HTTP.
 */
export function listeners(): readonly Listener[] {
  return [
    { name: "smtp", port: ports.smtp, protocol: "smtp", tlsImplicit: false, forPeople: false },
    { name: "junk", port: ports.junk, protocol: "smtp", tlsImplicit: false, forPeople: false },
    { name: "submissions", port: ports.submissions, protocol: "smtp", tlsImplicit: true, forPeople: true },
    { name: "submission", port: ports.submission, protocol: "smtp", tlsImplicit: false, forPeople: true },
    { name: "imaps", port: ports.imaps, protocol: "imap", tlsImplicit: true, forPeople: true },
    { name: "sieve", port: ports.manageSieve, protocol: "manageSieve", tlsImplicit: false, forPeople: true },
    { name: "http", port: ports.stalwartHttp, protocol: "http", tlsImplicit: false, forPeople: false },
  ];
}

/** Ten hexadecimal digits that change when the text does. */
export const shortHash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 10);

/** Changes when the server must be restarted: listeners are opened at process start only. */
export function listenersHash(list: readonly Listener[] = listeners()): string {
  return shortHash(
    JSON.stringify(list.map(({ name, port, protocol, tlsImplicit }) => [name, port, protocol, tlsImplicit])),
  );
}
