import type { Fault } from "./faultyProxy";
import type { Command, Message } from "./session";
import { content, type Item, literal, readFetch, writeFetch } from "./wire";

/** Which messages a fault is about. @default all */
export type Which = (message: Message) => boolean;

export const about =
  (...subjects: string[]): Which =>
  ({ subject }) =>
    subjects.includes(subject);

export const all: Which = () => true;

/** Changes the items of what is said of some messages. */
function editing(which: Which, change: (item: Item, command: Command) => Item | undefined): Fault {
  return {
    knowing: which !== all,
    after(answer, command) {
      if (!command?.name.endsWith("FETCH")) return answer;
      const fetched = readFetch(answer);
      if (!fetched) return answer;
      if (which !== all && !command.messages.some((m) => m.number === fetched.number && which(m))) return answer;
      return writeFetch({ ...fetched, items: fetched.items.flatMap((item) => change(item, command) ?? []) });
    },
  };
}

const isHeader = (name: string): boolean => /^(RFC822\.HEADER|BODY\[HEADER\])/i.test(name);
const isBody = (name: string): boolean => /^(RFC822(\.TEXT)?$|BODY\[(TEXT)?\])/i.test(name);

/** What is given instead of what is there. */
export type Emptiness = "NIL" | "{0}" | '""';

const EMPTY: Readonly<Record<Emptiness, string>> = { NIL: "NIL", "{0}": "{0}\r\n", '""': '""' };

/** The body, or the whole message, is empty; the size stays. */
export const emptyBody = (how: Emptiness, which: Which = all): Fault =>
  editing(which, (item) => (isBody(item.name) ? { ...item, value: EMPTY[how] } : item));

/** The header is empty; the size stays. */
export const emptyHeader = (how: Emptiness, which: Which = all): Fault =>
  editing(which, (item) => (isHeader(item.name) ? { ...item, value: EMPTY[how] } : item));

/** Of header and body, or of one of them, only so many bytes are there. */
export const cutTo = (bytes: number, which: Which = all, part: "body" | "header" = "body"): Fault =>
  editing(which, (item) => {
    const text = (part === "body" ? isBody : isHeader)(item.name) ? content(item.value) : undefined;
    const origin = Number(/<(\d+)>$/.exec(item.name)?.[1] ?? 0);
    return text === undefined ? item : { ...item, value: literal(text.slice(0, Math.max(0, bytes - origin))) };
  });

/** The size is told wrong. */
export const wrongSize = (size: (right: number) => number, which: Which = all): Fault =>
  editing(which, (item) =>
    /^RFC822\.SIZE$/i.test(item.name) ? { ...item, value: String(size(Number(item.value))) } : item,
  );

/** The size is not told at all. */
export const noSize = (which: Which = all): Fault =>
  editing(which, (item) => (/^RFC822\.SIZE$/i.test(item.name) ? undefined : item));

/** Items come in another order: what identifies the message comes last. */
export const uidLast = (): Fault => ({
  after(answer) {
    const fetched = readFetch(answer);
    if (!fetched) return answer;
    const uid = fetched.items.filter((item) => item.name === "UID");
    return writeFetch({ ...fetched, items: [...fetched.items.filter((item) => item.name !== "UID"), ...uid] });
  },
});

/** Names of header fields are quoted, as in BODY[HEADER.FIELDS ("SUBJECT")]. */
export const quotesNames = (): Fault =>
  editing(all, (item) => ({
    ...item,
    name: item.name.replace(/\(([^)]*)\)/, (_all, names: string) => `(${names.replace(/[^ "]+/g, '"$&"')})`),
  }));

/** Names of items are in small letters. */
export const smallLetters = (): Fault => editing(all, (item) => ({ ...item, name: item.name.toLowerCase() }));

/** Texts without a line end are given as quoted strings. */
export const quotes = (): Fault =>
  editing(all, (item) => {
    const text = content(item.value);
    if (text === undefined || !/^[\x20-\x7e]*$/.test(text)) return item;
    return { ...item, value: `"${text.replace(/["\\]/g, "\\$&")}"` };
  });

/** How a piece of a message is answered that begins somewhere. */
export type Partial = "whole" | "NIL after the first" | "short" | "origin and length";

/** Pieces of a message are given wrong: the whole every time, nothing after the first, fewer bytes than asked for. */
export const pieces = (how: Partial, which: Which = all): Fault => {
  const wholes = new WeakMap<Command, string>();
  const edit = editing(which, (item, command) => {
    const origin = /<(\d+)>$/.exec(item.name)?.[1];
    const text = content(item.value);
    if (origin === undefined || text === undefined) return item;
    if (how === "whole") return { ...item, value: literal(wholes.get(command) ?? text) };
    if (how === "NIL after the first") return origin === "0" ? item : { ...item, value: "NIL" };
    if (how === "short") return { ...item, value: literal(text.slice(0, Math.max(1, Math.ceil(text.length / 3)))) };
    return { name: item.name.replace(/>$/, `.${text.length}>`), value: item.value };
  });
  return {
    ...edit,
    async before(command) {
      if (how !== "whole" || !/<\d+\.\d+>/.test(command.text)) return undefined;
      const asked = command.text
        .replace(/^\S+ /, "")
        .replace(/<\d+\.\d+>/, "")
        .trim();
      const fetched = (await command.session.ask(asked)).map(readFetch).find(Boolean);
      const whole = content(fetched?.items.find((item) => isBody(item.name))?.value ?? "");
      if (whole !== undefined) wholes.set(command, whole);
      return undefined;
    },
  };
};
