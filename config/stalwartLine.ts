/**
 * The version lines of the mail server that this program can configure. The line selects everything that differs between them:
 * the settings plan (components/mailserver/lines.ts), the schema that tests validate it with
 * (tests/unit/components/mailserver/validator.ts) and the web UI (config/webUi.ts).
 */
export const stalwartLines = ["0.16"] as const;

export type StalwartLine = (typeof stalwartLines)[number];

export type Version = readonly [major: number, minor: number, patch: number];

/** The version in an image reference or a tag, as numbers; undefined when it has none. */
export function stalwartVersion(image: string): Version | undefined {
  const found = /(?:^|:)v?(\d+)\.(\d+)\.(\d+)(?:-[\w.-]+)?(?:@|$)/.exec(image);
  return found ? [Number(found[1]), Number(found[2]), Number(found[3])] : undefined;
}

/** The line that an image belongs to; undefined for one that this program cannot configure. From 1.0 on, a line is a major version. */
export function stalwartLine(image: string): StalwartLine | undefined {
  const version = stalwartVersion(image);
  if (version === undefined) return undefined;
  const [major, minor] = version;
  const name = major === 0 ? `0.${minor}` : String(major);
  return stalwartLines.find((line) => line === name);
}

/** Why an image of another line is refused; undefined for one that is not. */
export function unsupportedStalwart(tag: string): string | undefined {
  if (stalwartLine(tag) !== undefined) return undefined;
  const [major] = stalwartVersion(tag) ?? [0];
  return major >= 1
    ? "is Stalwart 1.x, which can neither open a 0.16 store nor take this stack's settings; 0.16 is supported until " +
        "2027-06-01, and docs/how-to/upgrade.md says what comes then"
    : "is not a Stalwart version that is known to work: only 0.16 is";
}
