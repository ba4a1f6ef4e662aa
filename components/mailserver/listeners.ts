import { ports } from "../../config/names";
import { shortHash } from "../../lib/hash";

/** A port that the mail server listens on: the settings, the Services and the container's ports use this list. */
export interface Listener {
  /** Name in the server's settings. The names are the server's own, so that its defaults are updated and not created twice. */
  readonly name: string;
  readonly port: number;
  readonly protocol: "smtp" | "imap" | "manageSieve" | "http";
  /** Implicit TLS. All others offer STARTTLS, if the protocol supports it. */
  readonly tlsImplicit: boolean;
  /** Whether the public Service offers it. */
  readonly public: boolean;
}

/**
 * Every port that the server listens on. Port 25 accepts mail from apps and fetchers without a login, and port 2525 what the
 * provider classified as junk, so neither is ever public. Plain HTTP is not public either.
 */
export function listeners(): readonly Listener[] {
  return [
    { name: "smtp", port: ports.smtp, protocol: "smtp", tlsImplicit: false, public: false },
    { name: "junk", port: ports.junk, protocol: "smtp", tlsImplicit: false, public: false },
    { name: "submissions", port: ports.submissions, protocol: "smtp", tlsImplicit: true, public: true },
    { name: "submission", port: ports.submission, protocol: "smtp", tlsImplicit: false, public: true },
    { name: "imaps", port: ports.imaps, protocol: "imap", tlsImplicit: true, public: true },
    { name: "sieve", port: ports.manageSieve, protocol: "manageSieve", tlsImplicit: false, public: true },
    { name: "http", port: ports.stalwartHttp, protocol: "http", tlsImplicit: false, public: false },
  ];
}

/** Changes when the server must be restarted: listeners are opened at process start only. */
export function listenersHash(list: readonly Listener[] = listeners()): string {
  return shortHash(
    JSON.stringify(list.map(({ name, port, protocol, tlsImplicit }) => [name, port, protocol, tlsImplicit])),
  );
}
