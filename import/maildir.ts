import { existsSync } from "node:fs";
import { opendir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { exportedName } from "../mailbox/maildirNames";
import type { FoundMessage, PassedOver } from "./message";

const letters: Readonly<Record<string, string>> = {
  S: "\\Seen",
  R: "\\Answered",
  F: "\\Flagged",
  D: "\\Draft",
  P: "$Forwarded",
};

/** The keywords of the letters a to z in this folder, from Dovecot's file. */
export async function keywordsOf(folder: string): Promise<Map<string, string>> {
  const file = join(folder, "dovecot-keywords");
  if (!existsSync(file)) return new Map();
  const lines = (await readFile(file, "utf8")).split("\n");
  return new Map(
    lines.flatMap((line) => {
      const [, index, keyword] = /^(\d+) (\S+)$/.exec(line) ?? [];
      return keyword === undefined || Number(index) > 25
        ? []
        : [[String.fromCharCode(97 + Number(index)), keyword] as const];
    }),
  );
}

export const isMaildir = (folder: string): boolean =>
  existsSync(join(folder, "cur")) && existsSync(join(folder, "new"));

export interface MaildirArgs {
  readonly folder: string;
  readonly path: readonly string[];
  /** Bytes. */
  readonly largest: number;
  /** Called with the size of each file, in bytes. */
  readonly read: (bytes: number) => void;
}

/** The messages of one folder of a Maildir, without those that are marked as deleted. */
export async function* maildirMessages(args: MaildirArgs): AsyncGenerator<FoundMessage | PassedOver> {
  const { folder, path, largest, read } = args;
  const keywords = await keywordsOf(folder);
  for (const part of ["cur", "new"]) {
    for await (const { name } of await opendir(join(folder, part))) {
      if (name.startsWith(".")) continue;
      const where = join(folder, part, name);
      const about = await stat(where);
      if (!about.isFile()) continue;
      read(about.size);
      const info = part === "cur" ? (/:2,(.*)$/.exec(name)?.[1] ?? "") : "";
      if (info.includes("T")) {
        yield { kind: "deleted", where, size: about.size, folder: path };
        continue;
      }
      if (about.size > largest) {
        yield { kind: "tooLarge", where, size: about.size, folder: path };
        continue;
      }
      const seconds = exportedName.exec(name)?.[1];
      yield {
        kind: "message",
        raw: await readFile(where),
        date: seconds === undefined ? about.mtime : new Date(Number(seconds) * 1000),
        flags: [...info].flatMap((letter) => letters[letter] ?? keywords.get(letter) ?? []),
        folder: path,
        where,
      };
    }
  }
}
