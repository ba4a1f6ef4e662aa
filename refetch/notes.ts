import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { shortHash } from "../lib/hash";

const shape = z.record(z.string(), z.record(z.string(), z.object({ validity: z.string(), uids: z.string() })));

/** UIDs as IMAP writes them: 1:400,405. */
export function packed(uids: Iterable<number>): string {
  const ranges: [number, number][] = [];
  for (const uid of [...new Set(uids)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === uid - 1) last[1] = uid;
    else ranges.push([uid, uid]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}:${to}`)).join(",");
}

export const unpacked = (text: string): Set<number> =>
  new Set(
    text.split(",").flatMap((range) => {
      if (range === "") return [];
      const [from = 0, to = from] = range.split(":").map(Number);
      return Array.from({ length: to - from + 1 }, (_, n) => from + n);
    }),
  );

/**
 * The file with the notes of copied messages, in the user's home folder on this machine, because the provider may not store
 * keywords. A stack may be named with or without its organization and project, and its notes must be found either way. Stacks of
 * the same name share a file, in which entries differ by provider and address.
 */
export const notesFile = (stack: string): string => {
  const home = process.env.XDG_STATE_HOME || join(homedir(), ".local", "state");
  return join(home, "homelab-mail", `refetch-${stack.split("/").at(-1)}.json`);
};

/**
 * The messages that were copied to the outbox already, so that an interrupted run continues where it stopped, and a second run
 * delivers nothing twice. It contains UIDs only: no addresses, and no content of messages.
 */
export class Notes {
  private constructor(
    private readonly file: string,
    private readonly known: z.infer<typeof shape>,
  ) {}

  static open(file: string): Notes {
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch {
      return new Notes(file, {});
    }
    try {
      return new Notes(file, shape.parse(JSON.parse(text)));
    } catch {
      throw new Error(`${file} cannot be read; remove it, and everything is delivered again from the start`);
    }
  }

  /** Identifies one mailbox at one provider without its name. */
  of(host: string, address: string) {
    const key = shortHash(`${host} ${address}`, 16);
    return {
      copied: (folder: string, validity: bigint): Set<number> => {
        const note = this.known[key]?.[folder];
        // With another UIDVALIDITY, the UIDs identify other messages.
        return note?.validity === `${validity}` ? unpacked(note.uids) : new Set();
      },
      note: (folder: string, validity: bigint, uids: Iterable<number>): void => {
        const before = this.known[key] ?? {};
        this.known[key] = { ...before, [folder]: { validity: `${validity}`, uids: packed(uids) } };
        this.save();
      },
      forget: (): void => {
        delete this.known[key];
        this.save();
      },
    };
  }

  private save(): void {
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(`${this.file}.new`, JSON.stringify(this.known), { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file); // atomic, so that the file is always complete
  }
}

export type MailboxNotes = ReturnType<Notes["of"]>;
