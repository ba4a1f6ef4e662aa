import fc from "fast-check";
import * as faults from "../rig/fakes/provider/faults";
import { eventually } from "../support/wait";
import { Harness } from "./support/harness";
import { message } from "./support/messages";

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.create();
});
afterAll(() => harness.destroy());

const nasty = fc.oneof(
  fc.constantFrom(
    '"',
    "\\",
    "'",
    " ",
    "%",
    "$",
    "#",
    "`",
    "{",
    "}",
    "é",
    "ß",
    "🔑",
    "\\x41",
    '\\"',
    "@PASSWORD@",
    "%s",
  ),
  fc.string({ minLength: 1, maxLength: 1 }).filter((c) => c >= " " && c !== "\x7f"),
);
const password = fc
  .array(nasty, { minLength: 1, maxLength: 60 })
  .map((parts) => parts.join(""))
  .filter((text) => text.trim() !== "" && Buffer.from(text).toString() === text);
const localPart = fc
  .array(
    fc.constantFrom(
      "a",
      "Z",
      "0",
      ".",
      "+",
      "-",
      "_",
      "'",
      "%",
      "$",
      "#",
      "!",
      "&",
      "*",
      "/",
      "=",
      "?",
      "^",
      "`",
      "{",
      "}",
      "~",
    ),
    {
      minLength: 1,
      maxLength: 40,
    },
  )
  .map((parts) => `x${parts.join("")}x`);

// Dovecot refuses logins whose password holds a control character, so a tab is looked at on its way out instead.
let count = 0;
async function logsInAndDelivers(address: string, secret: string): Promise<void> {
  count += 1;
  const name = `nasty-${count}`;
  const fetcher = await harness.fetcher({ mailbox: { name, address }, password: secret });
  await fetcher.inject([message(name)]);
  await eventually(`delivery for ${JSON.stringify([address, secret])}`, () => fetcher.sink.deliveries.length > 0, {
    more: () => fetcher.pod.log,
  });
  expect(fetcher.sink.deliveries[0]?.recipients).toEqual([address]);
  for (let at = 0; at + 6 <= secret.length; at += 6) expect(fetcher.pod.log).not.toContain(secret.slice(at, at + 6));
  expect(fetcher.pod.log).not.toContain(address);
  await fetcher.pod.kill();
}

test("passwords and addresses of any characters log in and deliver", async () => {
  await fc.assert(
    fc.asyncProperty(localPart, password, async (local, secret) => {
      await logsInAndDelivers(`${local}${count}@newjoy.ro`, secret);
    }),
    { numRuns: Number(process.env.HARNESS_LOGINS ?? 25), endOnFailure: true },
  );
});

test("a password of 200 characters logs in, and no part of it is logged", async () => {
  await logsInAndDelivers(
    "long@newjoy.ro",
    Array.from({ length: 200 }, (_, n) => String.fromCharCode(33 + ((n * 37) % 94))).join(""),
  );
});

test("a tab in a password reaches the provider as a tab", async () => {
  const fetcher = await harness.fetcher({ faultyProxy: true, start: false, password: "plain" });
  fetcher.faultyProxy.refuse = "NO [AUTHENTICATIONFAILED] no";
  fetcher.faultyProxy.faults.push(faults.lacks("AUTH=PLAIN")); // else it goes over the wire as base64
  fetcher.pod.rotate('a\tb "c" \\');
  fetcher.pod.start();
  await eventually("a login", () => fetcher.faultyProxy.lastLogin !== "");
  expect(fetcher.faultyProxy.lastLogin.replaceAll(`"${fetcher.user}"`, fetcher.user)).toContain(
    `LOGIN ${fetcher.user} "a\tb \\"c\\" \\\\"`,
  );
});
