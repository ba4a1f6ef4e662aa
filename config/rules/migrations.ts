import { migrationName } from "../names";
import type { Finding, PartialConfig } from "./finding";
import { CLEARTEXT } from "./provider";
import { dnsLabel } from "./values";

/** A CronJob's name may have 52 characters; a Job's name has 11 more, for the hash of its configuration. */
const LONGEST_OBJECT = 52;

function nameProblem(name: string): string | undefined {
  if (dnsLabel(name)) return "is not a valid migration name: lower-case letters, digits and dashes, as in old-gmail";
  return migrationName(name).length > LONGEST_OBJECT
    ? `is too long a name: at most ${LONGEST_OBJECT - migrationName("").length} characters`
    : undefined;
}

export function migrationNames({ migrations }: PartialConfig): Finding[] {
  return Object.keys(migrations ?? {}).flatMap((name): Finding[] => {
    const text = nameProblem(name);
    return text === undefined ? [] : [{ path: ["migrations", name], text, remove: "key" }];
  });
}

export function migrationsUseTls({ migrations }: PartialConfig): Finding[] {
  return Object.entries(migrations ?? {}).flatMap(([name, { from }]): Finding[] => {
    const instead = CLEARTEXT.imap[from.port];
    return instead === undefined
      ? []
      : [
          {
            path: ["migrations", name, "from", "port"],
            text: `begins in clear text (STARTTLS), and mail is copied over TLS only; the port is usually ${instead}`,
          },
        ];
  });
}

/** imapsync merges the two folders, and a second run could not tell their messages apart. */
export function distinctMappedFolders({ migrations }: PartialConfig): Finding[] {
  return Object.entries(migrations ?? {}).flatMap(([name, { folders }]): Finding[] => {
    const seen = new Map<string, string>();
    return Object.entries(folders.map).flatMap(([from, to]): Finding[] => {
      const other = seen.get(to);
      seen.set(to, other ?? from);
      return other === undefined
        ? []
        : [
            {
              path: ["migrations", name, "folders", "map", from],
              text: `goes to the same folder as ${other}`,
              remove: "value",
            },
          ];
    });
  });
}

/** With a wrong year, nothing would be copied, and no error would be reported. */
export function sinceIsInThePast({ migrations }: PartialConfig): Finding[] {
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10); // in some time zones it is already tomorrow
  return Object.entries(migrations ?? {}).flatMap(([name, { since }]): Finding[] =>
    since !== undefined && since > tomorrow
      ? [{ path: ["migrations", name, "since"], text: `is a day to come, so no message would be copied: ${since}` }]
      : [],
  );
}

export const migrationRules = [migrationNames, migrationsUseTls, distinctMappedFolders, sinceIsInThePast] as const;
