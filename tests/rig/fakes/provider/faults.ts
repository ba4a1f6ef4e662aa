import { all, type Which } from "./contentFaults";
import type { Fault } from "./faultyProxy";
import type { Command } from "./session";
import { readFetch } from "./wire";

export * from "./contentFaults";

const touches = (command: Command | undefined, which: Which): boolean => command?.messages.some(which) ?? false;

/** Counts, and says when a fault is over. */
const limited = (times: number): (() => boolean) => {
  let left = times;
  return () => left-- > 0;
};

const FETCHES_CONTENT = /RFC822(?!\.SIZE)|BODY(?:\.PEEK)?\[/i;

/** What a server says instead of a message: a refusal, "BYE" and why, "OK" and nothing, or it hangs up. */
export const unreadable = (words: string, which: Which = all, times = Number.POSITIVE_INFINITY): Fault => {
  const still = limited(times);
  return {
    knowing: true,
    before(command) {
      if (!command.name.endsWith("FETCH") || !FETCHES_CONTENT.test(command.text)) return undefined;
      if (!touches(command, which) || !still()) return undefined;
      if (words === "drop") return "drop";
      return words.startsWith("BYE") ? { lines: [`* ${words}`], cut: true } : { lines: [words] };
    },
  };
};

/** Commands are refused: by name (`UID` aside), or by what fits their whole line. */
export const refuses = (command: RegExp, words: string, times = Number.POSITIVE_INFINITY): Fault => {
  const still = limited(times);
  return {
    before: ({ text }) => (command.test(text.replace(/^\S+ /, "")) && still() ? { lines: [words] } : undefined),
  };
};

/** Every login is refused, in words that may repeat what was sent. */
export const refusesLogin = (words: (sent: string) => string, times = Number.POSITIVE_INFINITY): Fault => {
  const still = limited(times);
  return {
    before({ name, text }) {
      if (!/^(LOGIN|AUTHENTICATE)$/.test(name) || !still()) return undefined;
      return { lines: [words(text.trimEnd().replace(/^\S+ /, ""))] };
    },
  };
};

/** Connections end at the greeting, with these words. */
export const busy = (words: string, times = Number.POSITIVE_INFINITY): Fault => {
  const still = limited(times);
  return { greeting: () => (still() ? { lines: [`* ${words}`], cut: true } : undefined) };
};

/** Says what it does not have, and does not know commands that need it. */
export const lacks = (...names: string[]): Fault => ({
  before({ name }) {
    const verb = name.replace(/^UID /, "");
    const missing =
      names.includes(verb) || (name === "UID EXPUNGE" && names.includes("UIDPLUS")) || names.includes(name);
    return missing ? { lines: ["BAD Unknown command"] } : undefined;
  },
  after(answer) {
    if (!/CAPABILITY /i.test(answer) || answer.includes("{")) return answer;
    const words = (text: string): string =>
      text.replace(/ [^ \]\r]+/g, (word) => (names.includes(word.slice(1).toUpperCase()) ? "" : word));
    return answer.replace(/CAPABILITY [^\]\r]*/i, words);
  },
});

/** Says things of other messages, and of the folder, before and after what was asked for. */
export const unsolicited = (): Fault => ({
  after(answer, command) {
    if (!command?.name.endsWith("FETCH") || !readFetch(answer)) return answer;
    const before = "* 9999 FETCH (FLAGS (NonJunk) UID 51958)\r\n* FLAGS (\\Answered \\Seen)\r\n";
    return `${before}${answer}* 9998 FETCH (UID 51957 RFC822.SIZE 1 FLAGS (\\Seen))\r\n* OK Still here\r\n`;
  },
});

/** Another client's expunges are told, or not even told, at once: numbers change under a session's feet. */
export const renumbers = ({ tells }: { readonly tells: boolean }): Fault => ({
  async before({ name, session }) {
    if (/FETCH$|STORE$/.test(name)) await session.ask("NOOP", { tells });
    return undefined;
  },
});

/** Results of a search come in several answers, as many to each. */
export const searchInChunks = (each: number): Fault => ({
  after(answer) {
    const found = /^\* SEARCH ([\d ]+)\r\n$/.exec(answer)?.[1]?.trim().split(" ");
    if (!found) return answer;
    const lines: string[] = [];
    for (let n = 0; n < found.length; n += each) lines.push(`* SEARCH ${found.slice(n, n + each).join(" ")}\r\n`);
    return lines.join("");
  },
});

/** A search that finds nothing has no result line. */
export const noEmptySearch = (): Fault => ({
  after: (answer) => (/^\* SEARCH *\r\n$/.test(answer) ? "" : answer),
});

/** What was expunged is told as a count of what is left. */
export const expungeTellsExists = (): Fault => ({
  after: (answer, command) =>
    /EXPUNGE$/.test(command?.name ?? "") ? answer.replace(/^\* (\d+) EXPUNGE/, "* $1 EXISTS") : answer,
});

/** UIDs are new ones in every session. */
export const newValidity = (): Fault => {
  let validity = 1_700_000_000;
  return { after: (answer) => answer.replace(/\[UIDVALIDITY \d+\]/, () => `[UIDVALIDITY ${++validity}]`) };
};

/** Says where a message was moved to in a line that is no answer. */
export const oddMove = (): Fault => ({
  after: (answer, command) =>
    /MOVE$/.test(command?.name ?? "") ? answer.replace(/^\* OK (\[COPYUID [^\]]*\]).*\r\n/, "$1\r\n") : answer,
});

/** Does not say where copies went. */
export const noCopyUid = (): Fault => ({ after: (answer) => answer.replace(/\[(?:COPYUID|APPENDUID) [^\]]*\] /, "") });

/** An answer breaks off in the middle of a message, and the connection with it. */
export const hangsUpWithin = (which: Which, times = 1): Fault => {
  const still = limited(times);
  return {
    knowing: true,
    after(answer, command) {
      if (!FETCHES_CONTENT.test(command?.text ?? "") || !readFetch(answer) || !touches(command, which)) return answer;
      return still() ? { text: answer.slice(0, answer.length / 2), cut: true } : answer;
    },
  };
};
