import type { Command, Session } from "../../../rig/fakes/provider/session";
import { type Switch, switchedOn, switches } from "../../../rig/fakes/provider/switches";

const long = "x".repeat(100);

/** What fetching a message consists of, with the answers of a server that does nothing wrong. */
const exchanges: readonly (readonly [command: string, answer: string])[] = [
  ["FETCH 3 BODY.PEEK[TEXT]", `* 3 FETCH (BODY[TEXT] {100}\r\n${long})\r\n`],
  ["FETCH 3 RFC822.HEADER", `* 3 FETCH (RFC822.HEADER {100}\r\n${long})\r\n`],
  ["FETCH 3 RFC822.SIZE", "* 3 FETCH (RFC822.SIZE 100)\r\n"],
  ["UID FETCH 7 (BODY.PEEK[]<5.100>)", `* 3 FETCH (UID 7 BODY[]<5> {100}\r\n${long})\r\n`],
];

/** Those of the exchanges that go wrong for a message with this subject. */
async function wrong(on: Switch | undefined, subject: string): Promise<string[]> {
  const faults = switchedOn(on === undefined ? {} : { [on]: ["hollow"] });
  const found: string[] = [];
  for (const [text, answer] of exchanges) {
    const name = /^(UID )?FETCH/.exec(text)?.[0] ?? "";
    const messages = [{ number: 3, uid: 7, subject }];
    const command: Command = {
      tag: "a1",
      name,
      text: `a1 ${text}\r\n`,
      folder: "INBOX",
      session: {} as Session,
      messages,
    };
    for (const fault of faults) {
      const instead = await fault.before?.(command);
      const after = fault.after?.(answer, command) ?? answer;
      if (instead !== undefined || after !== answer) found.push(text);
    }
  }
  return found;
}

test.each(Object.keys(switches) as Switch[])(
  "a switch of the provider's fake is about the messages that it is turned on for, and about no others: %s",
  async (name) => {
    expect(await wrong(name, "hollow")).not.toEqual([]);
    expect(await wrong(name, "behind it")).toEqual([]);
    expect(await wrong(undefined, "hollow")).toEqual([]);
  },
);
