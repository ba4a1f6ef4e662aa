import * as faults from "../../../rig/fakes/provider/faults";
import type { Fault } from "../../../rig/fakes/provider/faultyProxy";
import type { Command, Session } from "../../../rig/fakes/provider/session";

/** What the provider's fake says, switch by switch; tests/rig/fakes/provider/README.md has where each was seen. */

const asked = (text: string, more: Partial<Command> = {}): Command => ({
  tag: "a1",
  name: (/^\S+ ((?:UID )?\S+)/.exec(text)?.[1] ?? "").toUpperCase(),
  text: `${text}\r\n`,
  folder: "INBOX",
  session: {} as Session,
  messages: [{ number: 3, uid: 7, subject: "third" }],
  ...more,
});

const after = (fault: Fault, answer: string, command: Command): unknown => fault.after?.(answer, command);
const fetchBody = asked("a1 FETCH 3 BODY.PEEK[TEXT]");
const fetchHeader = asked("a1 FETCH 3 RFC822.HEADER");
const fetchSize = asked("a1 FETCH 1:4 RFC822.SIZE");
const body = "* 3 FETCH (BODY[TEXT] {5}\r\nhello)\r\n";
const header = "* 3 FETCH (RFC822.HEADER {4}\r\nA: b)\r\n";
const third = faults.about("third");

test.each([
  ["a body that is NIL", faults.emptyBody("NIL", third), fetchBody, body, "* 3 FETCH (BODY[TEXT] NIL)\r\n"],
  ["a body of no bytes", faults.emptyBody("{0}", third), fetchBody, body, "* 3 FETCH (BODY[TEXT] {0}\r\n)\r\n"],
  ["a body that is an empty string", faults.emptyBody('""', third), fetchBody, body, '* 3 FETCH (BODY[TEXT] "")\r\n'],
  [
    "a header of no bytes",
    faults.emptyHeader("{0}", third),
    fetchHeader,
    header,
    "* 3 FETCH (RFC822.HEADER {0}\r\n)\r\n",
  ],
  ["a body that is cut", faults.cutTo(2, third), fetchBody, body, "* 3 FETCH (BODY[TEXT] {2}\r\nhe)\r\n"],
  [
    "a header that is cut",
    faults.cutTo(2, third, "header"),
    fetchHeader,
    header,
    "* 3 FETCH (RFC822.HEADER {2}\r\nA:)\r\n",
  ],
  [
    "a wrong size",
    faults.wrongSize((n) => n - 29),
    fetchSize,
    "* 3 FETCH (RFC822.SIZE 100)\r\n",
    "* 3 FETCH (RFC822.SIZE 71)\r\n",
  ],
  ["no size", faults.noSize(), fetchSize, "* 3 FETCH (UID 7 RFC822.SIZE 100)\r\n", "* 3 FETCH (UID 7)\r\n"],
  ["the UID last", faults.uidLast(), fetchBody, "* 3 FETCH (UID 7 FLAGS ())\r\n", "* 3 FETCH (FLAGS () UID 7)\r\n"],
  [
    "header names in quotes",
    faults.quotesNames(),
    asked("a1 UID FETCH 7 (BODY.PEEK[HEADER.FIELDS (RETURN-PATH)])"),
    "* 3 FETCH (UID 7 BODY[HEADER.FIELDS (RETURN-PATH)] {2}\r\n\r\n)\r\n",
    '* 3 FETCH (UID 7 BODY[HEADER.FIELDS ("RETURN-PATH")] {2}\r\n\r\n)\r\n',
  ],
  ["small letters", faults.smallLetters(), fetchSize, "* 3 FETCH (RFC822.SIZE 1)\r\n", "* 3 FETCH (rfc822.size 1)\r\n"],
  [
    "where it moved something, in a line that is no answer",
    faults.oddMove(),
    asked("a1 UID MOVE 7 x"),
    "* OK [COPYUID 1 7 9] Moved.\r\n",
    "[COPYUID 1 7 9]\r\n",
  ],
  ["quoted strings", faults.quotes(), fetchBody, body, '* 3 FETCH (BODY[TEXT] "hello")\r\n'],
  [
    "nothing after the first piece",
    faults.pieces("NIL after the first"),
    asked("a1 UID FETCH 7 (BODY.PEEK[]<5.5>)"),
    "* 3 FETCH (UID 7 BODY[]<5> {2}\r\nab)\r\n",
    "* 3 FETCH (UID 7 BODY[]<5> NIL)\r\n",
  ],
  [
    "a piece that is shorter than asked for",
    faults.pieces("short"),
    asked("a1 UID FETCH 7 (BODY.PEEK[]<0.6>)"),
    "* 3 FETCH (UID 7 BODY[]<0> {6}\r\nabcdef)\r\n",
    "* 3 FETCH (UID 7 BODY[]<0> {2}\r\nab)\r\n",
  ],
  [
    "a piece by origin and length",
    faults.pieces("origin and length"),
    asked("a1 UID FETCH 7 (BODY.PEEK[]<0.6>)"),
    "* 3 FETCH (UID 7 BODY[]<0> {2}\r\nab)\r\n",
    "* 3 FETCH (UID 7 BODY[]<0.2> {2}\r\nab)\r\n",
  ],
  [
    "results in several lines",
    faults.searchInChunks(2),
    asked("a1 UID SEARCH ALL"),
    "* SEARCH 1 2 3\r\n",
    "* SEARCH 1 2\r\n* SEARCH 3\r\n",
  ],
  ["no line for no result", faults.noEmptySearch(), asked("a1 UID SEARCH ALL"), "* SEARCH\r\n", ""],
  ["an expunge as a count", faults.expungeTellsExists(), asked("a1 EXPUNGE"), "* 3 EXPUNGE\r\n", "* 3 EXISTS\r\n"],
  [
    "new UIDs in every session",
    faults.newValidity(),
    asked("a1 SELECT INBOX"),
    "* OK [UIDVALIDITY 5] ok\r\n",
    "* OK [UIDVALIDITY 1700000001] ok\r\n",
  ],
  [
    "no word of where copies went",
    faults.noCopyUid(),
    asked("a1 COPY 1 x"),
    "a1 OK [COPYUID 1 2 3] Done\r\n",
    "a1 OK Done\r\n",
  ],
  [
    "less than it can",
    faults.lacks("IDLE"),
    asked("a1 CAPABILITY"),
    "* CAPABILITY IMAP4rev1 IDLE MOVE\r\n",
    "* CAPABILITY IMAP4rev1 MOVE\r\n",
  ],
  [
    "less than it can, in brackets",
    faults.lacks("IDLE"),
    asked("a1 LOGIN a b"),
    "a1 OK [CAPABILITY IMAP4rev1 IDLE] Hi\r\n",
    "a1 OK [CAPABILITY IMAP4rev1] Hi\r\n",
  ],
] as const)("the fake provider can answer with this fault: %s", (_name, fault, command, answer, said) => {
  expect(after(fault, answer, command)).toBe(said);
});

test("a fault of the fake provider about one message leaves the answers about other messages correct", () => {
  const second = body.replace("* 3", "* 2");
  expect(after(faults.emptyBody("NIL", third), second, fetchBody)).toBe(second);
  expect(after(faults.emptyBody("NIL", third), header, fetchHeader)).toBe(header);
});

test("the fake provider can send unsolicited data about other messages", () => {
  const said = after(faults.unsolicited(), body, fetchBody) as string;
  expect(said).toContain(body);
  expect(said.match(/^\* \d+ FETCH/gm)).toHaveLength(3);
});

test("the fake provider can close the connection within a message", () => {
  const fault = faults.hangsUpWithin(third);
  expect(after(fault, body, fetchBody)).toEqual({ text: body.slice(0, body.length / 2), cut: true });
  expect(after(fault, body, fetchBody)).toBe(body);
});

test.each([
  [
    "a refusal",
    faults.unreadable("NO [UNAVAILABLE] Not now", third),
    fetchBody,
    { lines: ["NO [UNAVAILABLE] Not now"] },
  ],
  ["goodbye", faults.unreadable("BYE System Error", third), fetchBody, { lines: ["* BYE System Error"], cut: true }],
  ["nothing", faults.unreadable("drop", third), fetchBody, "drop"],
  ["all is well, and no message", faults.unreadable("OK Done", third), fetchHeader, { lines: ["OK Done"] }],
  [
    "that a command is refused",
    faults.refuses(/^STORE/, "NO [LIMIT] No"),
    asked("a1 STORE 1 x"),
    { lines: ["NO [LIMIT] No"] },
  ],
  ["the login back", faults.refusesLogin((sent) => `BAD ${sent}`), asked("a1 LOGIN a b"), { lines: ["BAD LOGIN a b"] }],
  [
    "that it does not know what it does not have",
    faults.lacks("MOVE"),
    asked("a1 UID MOVE 1 x"),
    { lines: ["BAD Unknown command"] },
  ],
] as const)(
  "before a command, the fake provider can answer with this fault: %s",
  (_name, fault: Fault, command, said) => {
    expect(fault.before?.(command)).toEqual(said);
  },
);

test("a command that the fake provider refuses a limited number of times is then allowed", () => {
  const fault = faults.refuses(/^STORE/, "NO", 1);
  expect(fault.before?.(asked("a1 STORE 1 x"))).toBeDefined();
  expect(fault.before?.(asked("a1 STORE 1 x"))).toBeUndefined();
});

test("the fake provider can end a limited number of sessions at the greeting", () => {
  const fault = faults.busy("BYE Too many connections", 1);
  expect(fault.greeting?.()).toEqual({ lines: ["* BYE Too many connections"], cut: true });
  expect(fault.greeting?.()).toBeUndefined();
});

test.each([{ tells: true }, { tells: false }])(
  "the fake provider can renumber messages before a command that names them by number (tells: $tells)",
  async ({ tells }) => {
    const ask = jest.fn(async () => []);
    await faults.renumbers({ tells }).before?.(asked("a1 STORE 4 x", { session: { ask } as unknown as Session }));
    expect(ask).toHaveBeenCalledWith("NOOP", { tells });
  },
);

test("the fake provider can send the whole message for each piece", async () => {
  const fault = faults.pieces("whole");
  const ask = jest.fn(async () => ["* 3 FETCH (UID 7 BODY[] {6}\r\nabcdef)\r\n"]);
  const command = asked("a1 UID FETCH 7 (BODY.PEEK[]<2.2>)", { session: { ask } as unknown as Session });
  await fault.before?.(command);
  expect(after(fault, "* 3 FETCH (UID 7 BODY[]<2> {2}\r\ncd)\r\n", command)).toBe(
    "* 3 FETCH (UID 7 BODY[]<2> {6}\r\nabcdef)\r\n",
  );
});
