import { Rejected } from "../mailbox/connection";
import { bytes } from "../mailbox/progress";
import type { Destination } from "./destination";
import { normal } from "./labelNames";
import { arrivalOf, digest, type FoundMessage, field, headerOf, keyOf, type PassedOver, withCrlf } from "./message";
import { type Place, placed } from "./placing";

export interface Counts {
  imported: number;
  there: number;
  failed: number;
}

/** The result for all messages of the sources. */
export interface Outcome {
  readonly folders: Map<string, Counts>;
  /** One line for each message that was not imported; only the first ones if there are many. */
  readonly problems: string[];
  failed: number;
  deleted: number;
}

export const emptyOutcome = (): Outcome => ({ folders: new Map(), problems: [], failed: 0, deleted: 0 });

const MANY = 50;

export interface MailArgs {
  readonly found: AsyncIterable<FoundMessage | PassedOver>;
  readonly destination: Destination;
  readonly map: ReadonlyMap<string, string>;
  readonly outcome: Outcome;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly done: () => void;
  /** How many copies of each message preceded this one, by folder. */
  readonly seen: Map<string, number>;
}

const countsOf = ({ folders }: Outcome, folder: string): Counts => {
  const counts = folders.get(folder) ?? { imported: 0, there: 0, failed: 0 };
  folders.set(folder, counts);
  return counts;
};

export function report(outcome: Outcome, line: string): void {
  outcome.failed += 1;
  if (outcome.problems.length < MANY) outcome.problems.push(line);
  else if (outcome.problems.length === MANY) outcome.problems.push("and more");
}

const shown = (place: Place): string => ("path" in place ? place.path.join("/") : place.special);

/** Imports all messages of the sources, except those that the mailbox has already. */
export async function importMail(args: MailArgs): Promise<void> {
  const { found, destination, map, outcome, dryRun, signal, done, seen } = args;
  for await (const one of found) {
    if (signal.aborted) return;
    if (one.kind !== "message") {
      if (one.kind === "deleted") outcome.deleted += 1;
      else {
        countsOf(outcome, one.folder?.join("/") ?? "(not placed)").failed += 1;
        report(outcome, `${one.where}: ${bytes(one.size)} is more than the server takes`);
      }
      done();
      continue;
    }
    const header = headerOf(one.raw);
    const raw = withCrlf(one.raw);
    const mapped = one.folder === undefined ? undefined : map.get(normal(one.folder.join("/")));
    const { place, flags } =
      one.labels !== undefined
        ? placed(one.labels, map)
        : { place: { path: mapped?.split("/") ?? one.folder ?? ["INBOX"] }, flags: one.flags };
    const copy = { raw, messageId: field(header, "Message-ID"), flags, date: arrivalOf(header, one.date) };
    let path = shown(place);
    try {
      path = await destination.folder(place, dryRun);
      // Gmail has each message once, so a message that the user has moved since an earlier run is not imported again. Other
      // sources may have copies of a message in several folders, and several copies in one.
      const key = `${path}\0${keyOf(copy.messageId, raw.length, () => digest(raw))}`;
      const before = seen.get(key) ?? 0;
      seen.set(key, before + 1);
      const there =
        one.labels !== undefined ? await destination.isAnywhere(copy) : (await destination.count(path, copy)) > before;
      if (there) countsOf(outcome, path).there += 1;
      else {
        if (!dryRun) await destination.append(path, copy);
        countsOf(outcome, path).imported += 1;
      }
    } catch (problem) {
      if (!(problem instanceof Rejected)) throw problem;
      countsOf(outcome, path).failed += 1;
      report(outcome, `${one.where}: the server refuses it: ${problem.message}`);
    }
    done();
  }
}
