import type { Fault } from "./faultyProxy";
import { content, type Item, readFetch, writeFetch } from "./wire";

/** Responses in a form that RFC 3501 does not have, or that hardly any server uses. */

/** Changes the text of responses to some commands; a message in a response is left alone. */
export const rewrites = (command: RegExp, change: (answer: string, tag: string) => string): Fault => ({
  after: (answer, asked) =>
    asked && command.test(asked.name) && !answer.includes("}\r\n") ? change(answer, asked.tag) : answer,
});

/** Texts are announced as a literal of another kind: of binary data (RFC 3516), or as only a client may (RFC 7888). */
export const literals = (form: "~{n}" | "{n+}"): Fault => ({
  after(answer) {
    const fetched = readFetch(answer);
    const announced = ({ name, value }: Item): Item => ({
      name,
      value:
        content(value) === undefined ? value : value.replace(/^\{(\d+)\}/, (_all, n: string) => form.replace("n", n)),
    });
    return fetched ? writeFetch({ ...fetched, items: fetched.items.map(announced) }) : answer;
  },
});

/** What is said of a message comes in several responses, each with its UID. */
export const splitsFetch = (): Fault => ({
  after(answer, command) {
    const fetched = command?.name === "UID FETCH" ? readFetch(answer) : undefined;
    const uid = fetched?.items.find(({ name }) => name === "UID");
    if (!fetched || !uid) return answer;
    const rest = fetched.items.filter((item) => item !== uid);
    return rest.map((item) => writeFetch({ ...fetched, items: [uid, item] })).join("");
  },
});

/** Lines that mean nothing come before every response. */
export const noisy = (): Fault => ({
  after: (answer, command) =>
    command && !/FETCH$/.test(command.name) ? `\r\n* NOOP\r\n* OK Still here {3}\r\n${answer}` : answer,
});

/** Lines end without a carriage return. */
export const bareLineEnds = (): Fault => rewrites(/./, (answer) => answer.replace(/\r\n$/, "\n"));

/** Search results with what CONDSTORE adds, or in the form of ESEARCH. */
export const searchAs = (form: "MODSEQ" | "ESEARCH"): Fault =>
  rewrites(/SEARCH$/, (answer, tag) =>
    answer.replace(/^\* SEARCH ?([\d ]*)\r\n$/, (_all, found: string) => {
      const set = found.trim().replaceAll(" ", ",");
      if (form === "ESEARCH") return `* ESEARCH (TAG "${tag}") UID${set && ` ALL ${set}`}\r\n`;
      return set ? `* SEARCH ${found.trim()} (MODSEQ 917)\r\n` : "* SEARCH\r\n";
    }),
  );

/** Every folder that is not open is said to have so many messages. */
export const staleCount = (count: number): Fault =>
  rewrites(/^STATUS$/, (answer) => answer.replace(/MESSAGES \d+/, `MESSAGES ${count}`));

/** A folder is listed as one that cannot be opened. */
export const notSelectable = (folder: string): Fault =>
  rewrites(/^LIST$/, (answer) => (answer.includes(folder) ? answer.replace(/\(.*?\)/, "(\\Noselect)") : answer));

/** The UIDs of copies are told in a way that says nothing certain. */
export const copyUid = (told: string): Fault =>
  rewrites(/(?:COPY|MOVE)$/, (answer) => answer.replace(/\[COPYUID \d+ [^\]]*\]/, `[COPYUID ${told}]`));

/** Says what it has only when nobody asks: not in response to CAPABILITY, and not at the login. */
export const mute = (): Fault =>
  rewrites(/^(?:CAPABILITY|LOGIN|AUTHENTICATE)$/, (answer) =>
    answer.startsWith("* CAPABILITY") ? "" : answer.replace(/\[CAPABILITY [^\]]*\] /, ""),
  );

/** Greets with this, and hangs up. */
export const greets = (line: string): Fault => ({ greeting: () => ({ lines: [line], cut: true }) });

/** Says OK to a command, and does nothing. */
export const pretends = (command: RegExp): Fault => ({
  before: ({ name }) => (command.test(name) ? { lines: ["OK completed."] } : undefined),
});

/** Never answers a command. */
export const ignores = (command: RegExp): Fault => ({
  before: ({ name }) => (command.test(name) ? { lines: [] } : undefined),
});

/** News are told before the wait for them has begun. */
export const earlyNews = (): Fault => ({
  after: (answer, command) => (command?.name === "IDLE" && answer.startsWith("+") ? `* 1 EXISTS\r\n${answer}` : answer),
});
