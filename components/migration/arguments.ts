import { ports } from "../../config/names";
import { imapDay } from "../../config/rules/folders";
import type { Migration } from "../../config/types";
import { ALL_MAIL } from "./allMail";

/** Paths in imapsync's container: the login of the account here, the source's login, and a writable folder. */
export const places = {
  /** The password here, which the pod's other container creates and revokes. */
  password: "/credentials/password",
  /** The source's login, and the account here. */
  source: "/source",
  /** imapsync changes to a folder below it. */
  work: "/var/tmp",
} as const;

/** imapsync gives up after 50 errors by default: then the message after the fiftieth broken one would never be copied. */
const MOST_ERRORS = 1000;

/** Google allows 2,500 MB of downloads per day (https://support.google.com/a/answer/1071518); the same rate per second. */
const GMAIL = ["--maxbytesafter", "2500000000", "--maxbytespersecond", "28935", "--maxsleep", "600"];

/** Labels whose messages are all in another folder, too. In other languages they have other names (docs/how-to/move-in.md). */
export const GMAIL_VIEWS = ["[Gmail]/Important", "[Gmail]/Starred", "[Google Mail]/Important", "[Google Mail]/Starred"];

/** A folder's name in IMAP's encoding, modified UTF-7 (RFC 3501, 5.1.3). */
export function modifiedUtf7(name: string): string {
  return name.replace(/&|[^\x20-\x7e]+/g, (text) => {
    if (text === "&") return "&-";
    const utf16 = Buffer.from(text, "utf16le").swap16();
    return `&${utf16.toString("base64").replace(/=+$/, "").replaceAll("/", ",")}-`;
  });
}

const quoted = (text: string): string => text.replace(/[^A-Za-z0-9]/g, "\\$&");

/**
 * A pattern as a regular expression that imapsync matches with the whole name of a folder: servers differ in the separator, and
 * in whether all folders are below INBOX.
 */
export function folderRegex(pattern: string): string {
  const parts = pattern.split("/").map((part) => part.split("*").map(modifiedUtf7).map(quoted).join(".*"));
  return `^(?:INBOX[./\\\\])?${parts.join("[./\\\\]")}$`;
}

/** imapsync maps names as the server writes them, and ignores names that do not exist. */
function mapped(from: string, to: string): string[] {
  const names = ["/", "."].flatMap((separator) => {
    const name = modifiedUtf7(from).split("/").join(separator);
    return [name, `INBOX${separator}${name}`];
  });
  return [...new Set(names)].flatMap((name) => ["--f1f2", `${name}=${modifiedUtf7(to)}`]);
}

const each = (option: string, patterns: readonly string[]): string[] =>
  patterns.flatMap((pattern) => [option, folderRegex(pattern)]);

/** imapsync copies these after all others, and ignores names that do not exist. */
const last = (names: readonly string[]): string[] => names.flatMap((name) => ["--folderlast", modifiedUtf7(name)]);

export interface Target {
  /** The mail server's host in the cluster. */
  readonly host: string;
  /** The name in its certificate. */
  readonly certificateName: string;
}

/**
 * imapsync's arguments, without the user names of the two logins, which are confidential, and without any option that deletes.
 * Options that look like defaults are not: by default, imapsync does not verify certificates, does not copy mail without a
 * Message-ID, and resets flags that a user has changed here since an earlier run.
 */
export function imapsyncArguments({ from, folders, gmail, since, largest }: Migration, target: Target): string[] {
  const checked = (side: 1 | 2, name: string): string[] => [
    `--sslargs${side}`,
    "SSL_verify_mode=1",
    `--sslargs${side}`,
    `SSL_verifycn_name=${name}`,
  ];
  return [
    ...["--host1", from.host, "--port1", `${from.port}`, "--ssl1", ...checked(1, from.host)],
    ...["--passfile1", `${places.source}/password`],
    ...["--host2", target.host, "--port2", `${ports.imaps}`, "--ssl2", ...checked(2, target.certificateName)],
    ...["--passfile2", places.password],
    "--nosslcheck",
    "--nolog",
    "--noreleasecheck",
    ...["--tmpdir", places.work, "--pidfile", `${places.work}/imapsync.pid`],
    ...["--errorsmax", `${MOST_ERRORS}`],
    "--automap",
    "--addheader",
    "--noresyncflags",
    ...["--maxsize", `${largest}`],
    ...(gmail ? ["--gmail1", "--regextrans2", "s,\\[Google Mail\\].,,", ...last(ALL_MAIL), ...GMAIL] : []),
    ...(since === undefined ? [] : ["--search1", `SINCE ${imapDay(since)}`]),
    ...each("--include", folders.include),
    ...each("--exclude", [...(gmail ? GMAIL_VIEWS : []), ...folders.exclude]),
    ...Object.entries(folders.map).flatMap(([name, to]) => mapped(name, to)),
  ];
}
