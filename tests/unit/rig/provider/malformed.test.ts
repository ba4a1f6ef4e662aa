import type { Fault } from "../../../rig/fakes/provider/faultyProxy";
import * as malformed from "../../../rig/fakes/provider/malformed";
import type { Command, Session } from "../../../rig/fakes/provider/session";

/** Malformed responses of the provider's fake, switch by switch; its README.md has where each was seen. */
const asked = (name: string): Command => ({
  tag: "a1",
  name,
  text: `a1 ${name}\r\n`,
  folder: "INBOX",
  session: {} as Session,
  messages: [],
});
const after = (fault: Fault, name: string, answer: string): unknown => fault.after?.(answer, asked(name));
const text = "* 3 FETCH (UID 7 RFC822.SIZE 5 BODY[] {5}\r\nhello)\r\n";

test.each([
  ["literals of binary data", malformed.literals("~{n}"), "UID FETCH", text, text.replace("{5}", "~{5}")],
  ["literals as a client writes them", malformed.literals("{n+}"), "UID FETCH", text, text.replace("{5}", "{5+}")],
  [
    "an item per response",
    malformed.splitsFetch(),
    "UID FETCH",
    text,
    "* 3 FETCH (UID 7 RFC822.SIZE 5)\r\n* 3 FETCH (UID 7 BODY[] {5}\r\nhello)\r\n",
  ],
  ["noise", malformed.noisy(), "NOOP", "a1 OK\r\n", "\r\n* NOOP\r\n* OK Still here {3}\r\na1 OK\r\n"],
  ["no noise within messages", malformed.noisy(), "UID FETCH", text, text],
  ["bare line ends", malformed.bareLineEnds(), "NOOP", "a1 OK\r\n", "a1 OK\n"],
  ["no bare line ends within messages", malformed.bareLineEnds(), "UID FETCH", text, text],
  [
    "a search with MODSEQ",
    malformed.searchAs("MODSEQ"),
    "UID SEARCH",
    "* SEARCH 2 9\r\n",
    "* SEARCH 2 9 (MODSEQ 917)\r\n",
  ],
  ["an empty search with MODSEQ", malformed.searchAs("MODSEQ"), "UID SEARCH", "* SEARCH\r\n", "* SEARCH\r\n"],
  ["ESEARCH", malformed.searchAs("ESEARCH"), "UID SEARCH", "* SEARCH 2 9\r\n", '* ESEARCH (TAG "a1") UID ALL 2,9\r\n'],
  ["an empty ESEARCH", malformed.searchAs("ESEARCH"), "UID SEARCH", "* SEARCH\r\n", '* ESEARCH (TAG "a1") UID\r\n'],
  ["a stale count", malformed.staleCount(0), "STATUS", "* STATUS x (MESSAGES 3)\r\n", "* STATUS x (MESSAGES 0)\r\n"],
  [
    "a folder that is only a name",
    malformed.notSelectable("Outbox"),
    "LIST",
    '* LIST (\\HasNoChildren) "/" Outbox\r\n',
    '* LIST (\\Noselect) "/" Outbox\r\n',
  ],
  [
    "odd UIDs",
    malformed.copyUid("1 5:3 7:9"),
    "UID MOVE",
    "* OK [COPYUID 8 3:5 1:3] x\r\n",
    "* OK [COPYUID 1 5:3 7:9] x\r\n",
  ],
  ["no capabilities", malformed.mute(), "CAPABILITY", "* CAPABILITY IMAP4rev1\r\n", ""],
  ["no capabilities at the login", malformed.mute(), "LOGIN", "a1 OK [CAPABILITY X] in\r\n", "a1 OK in\r\n"],
  ["early news", malformed.earlyNews(), "IDLE", "+ idling\r\n", "* 1 EXISTS\r\n+ idling\r\n"],
])("the provider's fake sends %s", (_what, fault, name, answer, told) => {
  expect(after(fault, name, answer)).toBe(told);
});

test("the provider's fake pretends, and falls silent, for the commands that it is told", () => {
  expect(malformed.pretends(/EXPUNGE$/).before?.(asked("UID EXPUNGE"))).toEqual({ lines: ["OK completed."] });
  expect(malformed.pretends(/EXPUNGE$/).before?.(asked("NOOP"))).toBeUndefined();
  expect(malformed.ignores(/^IDLE$/).before?.(asked("IDLE"))).toEqual({ lines: [] });
  expect(malformed.ignores(/^IDLE$/).before?.(asked("NOOP"))).toBeUndefined();
  expect(malformed.greets("* PREAUTH hi").greeting?.()).toEqual({ lines: ["* PREAUTH hi"], cut: true });
});
