import { existsSync, writeFileSync } from "node:fs";
import * as faults from "../rig/fakes/provider/faults";
import { eventually, sleep } from "../support/wait";
import type { FetcherFixture } from "./support/fetcherFixture";
import { Harness } from "./support/harness";
import { message } from "./support/messages";
import { arrived, ready, words } from "./support/waits";

/** What the fetcher says of itself is so, and holds no secret. */
let harness: Harness;
beforeAll(async () => {
  harness = await Harness.create();
});
afterAll(() => harness.destroy());

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** A login in all forms that go over the wire. */
const forms = (user: string, password: string): Record<string, string> => ({
  plain: `${user} ${password}`,
  quoted: `"${user}" "${password.replace(/["\\]/g, "\\$&")}"`,
  "base64 of PLAIN": base64(`\0${user}\0${password}`),
  "base64 of LOGIN": `${base64(user)} ${base64(password)}`,
  "base64 of XOAUTH2": base64(`user=${user}\x01auth=Bearer ${password}\x01\x01`),
});

/** Everything that the fetcher shows to anybody. */
async function shown(fetcher: FetcherFixture): Promise<string> {
  const pages = await Promise.all(
    ["/ready", "/live", "/metrics"].map(async (path) => (await fetcher.pod.page(path)).body),
  );
  return [words(fetcher), ...pages].join("\n");
}

const password = 'quo"te\\back pass-wörd';

test.concurrent.each(["as it was sent", ...Object.keys(forms("", ""))])(
  "the provider repeats the login %s: neither address nor password are shown, in no form",
  async (form) => {
    for (const keep of [false, true]) {
      const fetcher = await harness.fetcher({ faultyProxy: true, start: false, password, mailbox: { keep } });
      const all = forms(fetcher.user, password);
      fetcher.faultyProxy.faults.push(
        faults.refusesLogin((sent) => {
          const said = form === "as it was sent" ? sent : Buffer.from(all[form] as string).toString("latin1");
          return `BAD Error in IMAP command received by server: ${said}`;
        }),
      );
      await fetcher.inject([message("secret")]);
      fetcher.pod.start();
      await eventually("words", () => /Error in IMAP command received/.test(words(fetcher)), {
        every: 500,
        more: () => words(fetcher).replaceAll(password, "<the password>"),
      });
      const text = await shown(fetcher);
      for (const secret of [fetcher.user, password, ...Object.values(all).flatMap((f) => f.split(" "))]) {
        // Words of a password that are part of what is said anyway would tell nothing.
        for (const part of [secret, secret.replace(/^"|"$/g, "")]) {
          if (part.length > 4) expect({ form, shown: text.includes(part) }).toEqual({ form, shown: false });
        }
      }
      await fetcher.pod.kill();
    }
  },
);

test.concurrent("the pod has no room to write: it is not ready, and says why or ends", async () => {
  const fetcher = await harness.fetcher({ faultyProxy: true, stateSize: 64 * 1024 });
  await ready(fetcher);
  const fill = `${fetcher.pod.statePath}/filled`;
  expect(existsSync(fetcher.pod.statePath)).toBe(true);
  for (let n = 0, size = 65_536; size > 0; size = Math.floor(size / 2)) {
    try {
      for (;;) {
        writeFileSync(`${fill}-${n++}`, "x".repeat(size));
      }
    } catch {}
  }
  await fetcher.faultyProxy.close(); // something to report
  await eventually("unreadiness", () => !fetcher.pod.ready().ready, {
    seconds: 240,
    every: 1000,
    more: () => words(fetcher),
  });
  await sleep(5000);
  expect(fetcher.pod.ready().ready).toBe(false);
});

test.concurrent.each([
  ["back an hour", -3600],
  ["back two years", -63_072_000],
  ["ahead a day", 86_400],
])("the clock is set %s: an error shows as soon as ever, and its end, too", async (_name, shift) => {
  // The clock of a pod is the node's, so the program is given one that a test can set.
  const clock = [
    "import os, time as _time",
    "_now = _time.time",
    "def _shifted():",
    "    try:",
    '        with open("/run/fetcher/shift") as file: return _now() + float(file.read() or 0)',
    "    except (OSError, ValueError): return _now()",
    "_time.time = _shifted",
  ];
  const tamper = (file: string, content: string): string => {
    if (file !== "supervisor.py") return content;
    const [before, ...after] = content.split("\nimport os\n");
    if (after.length === 0) throw new Error("there is no place for a clock");
    return [before, ...clock, "import os", after.join("\nimport os\n")].join("\n");
  };
  const fetcher = await harness.fetcher({ faultyProxy: true, tamper });
  await ready(fetcher);
  await fetcher.inject([message("before")]);
  await arrived(fetcher, 1);
  writeFileSync(`${fetcher.pod.statePath}/shift`, String(shift));
  await sleep(1500);
  expect(fetcher.pod.ready().ready).toBe(true);
  await fetcher.faultyProxy.close();
  await eventually("unreadiness", () => !fetcher.pod.ready().ready, {
    seconds: 180,
    every: 1000,
    more: () => words(fetcher),
  });
  await fetcher.faultyProxy.listen();
  await fetcher.inject([message("after")]);
  await arrived(fetcher, 2, 200);
  await ready(fetcher);
  expect(fetcher.pod.log).not.toMatch(/-\d+ (s|seconds)\b/);
});
