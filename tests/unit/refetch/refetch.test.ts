import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { type RefetchArgs, refetch } from "../../../refetch/mailbox";
import { outcome, readOptions } from "../../../refetch/main";
import { Notes, notesFile, packed, unpacked } from "../../../refetch/notes";
import { PrivateCa } from "../../rig/ca";
import { stopFakeServers } from "../../support/fakeMailServers";
import { FakeProvider } from "./fakeProvider";

const folder = mkdtempSync(join(tmpdir(), "refetch-"));
const privateCa = new PrivateCa(folder);
const ca = [readFileSync(privateCa.cert, "utf8")];
const pair = privateCa.issue("localhost");
afterAll(() => {
  stopFakeServers();
  rmSync(folder, { recursive: true });
});

const user = "kinga@newjoy.ro";
const login = { mailbox: "kinga", address: user, password: "s3cret-word", folders: ["INBOX"], keep: false };
const ids = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
const quick = { chunk: 10, most: 20, look: 5, timeout: 200 };

let run = 0;
/** Runs of one workstation, whose notes are kept between them. */
async function workstation(provider: FakeProvider) {
  const port = await provider.listen(pair);
  const file = join(folder, `notes-${run++}.json`);
  return async (change: Partial<RefetchArgs> = {}, again = false) => {
    const notes = Notes.open(file).of("localhost", user);
    if (again) notes.forget();
    const said: string[] = [];
    const result = await refetch({
      imap: { host: "localhost", port },
      login,
      ca,
      since: "2026-11-20",
      notes,
      signal: new AbortController().signal,
      say: (text) => said.push(text),
      pace: quick,
      ...change,
    });
    return { ...result, said };
  };
}

function keeping(prefix = "", separator = "/"): FakeProvider {
  const provider = new FakeProvider(user, login.password, prefix, separator);
  const kept = `${prefix}Fetcher-Kept${separator}`;
  provider.put(`${kept}2026-11-19`, ids("older", 15));
  provider.put(`${kept}2026-11-20`, ids("first", 25));
  provider.put(`${kept}2026-11-28`, ids("second", 31));
  provider.put(`${prefix}Fetcher-Kept-Junk${separator}2026-11-21`, ids("junk", 3));
  return provider;
}
const since20 = [...ids("first", 25), ...ids("second", 31), ...ids("junk", 3)];

test.each([
  ["", "/"],
  ["INBOX.", "."],
])(
  "refetch delivers what was kept since the day again, with the namespace %j: nothing older, and nothing twice",
  async (...namespace) => {
    const provider = keeping(...namespace);
    const refetchAll = await workstation(provider);
    expect(await refetchAll()).toMatchObject({ copied: 59, before: 0, waiting: 0 });
    expect([...provider.delivered].sort()).toEqual([...since20].sort());
    expect(provider.logins).toBe(1);
    for (const changing of ["SELECT", "STORE", "EXPUNGE", "DELETE", "APPEND", "MOVE"]) {
      expect(provider.received.filter((line) => line.includes(changing))).toEqual([]);
    }
  },
);

test("refetch delivers what somebody has flagged for deletion again, and keeps the flag in the user's own folder alone", async () => {
  const provider = keeping();
  const keywords = ["\\Deleted", "$HomelabMailFetched"];
  provider.put("Fetcher-Kept/2026-11-28", ids("flagged", 3), { keywords });
  provider.put("INBOX", ids("original", 12), { keywords });
  const refetchAll = await workstation(provider);
  expect(await refetchAll({ login: { ...login, keep: true } })).toMatchObject({ copied: 74 });
  expect([...provider.delivered].sort()).toEqual([...since20, ...ids("flagged", 3), ...ids("original", 12)].sort());
  expect(provider.flagged("INBOX")).toEqual(ids("original", 12));
  expect(provider.flagged("Fetcher-Kept/2026-11-28")).toEqual([]);
});

test("refetch with --newest-first delivers the newest message first, of all folders", async () => {
  const provider = keeping();
  const refetchAll = await workstation(provider);
  expect(await refetchAll({ newestFirst: true })).toMatchObject({ copied: 59, waiting: 0 });
  expect(provider.delivered.filter((id) => !id.startsWith("junk"))).toEqual([
    ...ids("second", 31).reverse(),
    ...ids("first", 25).reverse(),
  ]);
});

test("refetch delivers nothing twice when it is run twice, but with --again everything once more", async () => {
  const provider = keeping();
  const refetchAll = await workstation(provider);
  await refetchAll();
  expect(await refetchAll()).toMatchObject({ copied: 0, before: 59 });
  expect(provider.delivered).toHaveLength(59);
  provider.put("Fetcher-Kept/2026-11-28", ["later"]);
  expect(await refetchAll()).toMatchObject({ copied: 1, before: 59 });
  expect(await refetchAll({}, true)).toMatchObject({ copied: 60, before: 0 });
});

test("a provider that closes the connection during refetch costs one repeated batch at most, and no message is lost", async () => {
  const provider = keeping();
  provider.onCopy = (count) => (count % 2 === 0 ? undefined : "done");
  const refetchAll = await workstation(provider);
  let result = await refetchAll();
  expect(result.problem).toMatch(/run it again to go on/);
  for (let tries = 0; tries < 10 && result.problem !== undefined; tries++) result = await refetchAll();
  expect(result.problem).toBeUndefined();
  expect(new Set(provider.delivered)).toEqual(new Set(since20));
  expect(provider.delivered).toHaveLength(59);
});

test("Ctrl-C ends refetch after the batch that is being copied, and the next run continues from there", async () => {
  const provider = keeping();
  const refetchAll = await workstation(provider);
  const stop = new AbortController();
  const said: string[] = [];
  const say = (text: string): void => {
    said.push(text);
    stop.abort();
  };
  expect(await refetchAll({ signal: stop.signal, say })).toMatchObject({
    copied: 10,
    problem: "interrupted; run it again to go on",
  });
  expect(await refetchAll()).toMatchObject({ copied: 49, before: 10 });
  expect([...provider.delivered].sort()).toEqual([...since20].sort());
});

test("refetch keeps no more than a few hundred messages in the outbox, and reports a fetcher that does not empty it", async () => {
  const provider = keeping();
  provider.fetching = false;
  const result = await (await workstation(provider))();
  expect(result).toMatchObject({ copied: 20, waiting: 20 });
  expect(result.problem).toMatch(/nothing leaves the outbox, where 20 wait: `npm run doctor` says why/);
});

test("refetch reports a provider that is full with the provider's message", async () => {
  const provider = keeping();
  provider.onCopy = () => "refused";
  expect((await (await workstation(provider))()).problem).toBe(
    "the provider refuses to copy: Quota exceeded (mailbox for user is full)",
  );
});

test("refetch tries a wrong password once", async () => {
  const provider = keeping();
  const result = await (await workstation(provider))({ login: { ...login, password: "wr0ng" } });
  expect(result.problem).toMatch(/^the provider refuses the login: /);
  expect(provider.logins).toBe(1);
});

test("refetch with `forever` delivers the marked originals since the day again, and makes the outbox where it is missing", async () => {
  const provider = new FakeProvider(user, login.password);
  const keywords = ["$HomelabMailFetched"];
  provider.put("INBOX", ids("old", 3), { keywords, date: "19-Nov-2026" });
  provider.put("INBOX", ids("new", 4), { keywords, date: "21-Nov-2026" });
  provider.put("INBOX", ids("waits", 2), { date: "21-Nov-2026" });
  const result = await (await workstation(provider))({ login: { ...login, keep: true } });
  expect(result).toMatchObject({ copied: 4 });
  expect(provider.delivered).toEqual(ids("new", 4));
  expect(provider.in("INBOX")).toHaveLength(9);
});

test("refetch does nothing when nothing was kept, and makes no folder for it", async () => {
  const provider = new FakeProvider(user, login.password);
  expect(await (await workstation(provider))()).toMatchObject({ copied: 0, before: 0, waiting: 0 });
  expect(provider.received.filter((line) => line.startsWith("CREATE"))).toEqual([]);
});

test("refetch records UIDs as IMAP writes them, and forgets them under another UIDVALIDITY", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 300 })), (uids) => {
      expect(unpacked(packed(uids))).toEqual(new Set(uids));
    }),
    { seed: 16 },
  );
  expect(packed([3, 1, 2, 7])).toBe("1:3,7");
  const notes = Notes.open(join(folder, "validity.json")).of("localhost", user);
  notes.note("INBOX", 7n, [1, 2]);
  expect(notes.copied("INBOX", 8n).size).toBe(0);
  expect(readFileSync(join(folder, "validity.json"), "utf8")).not.toContain("kinga");
  writeFileSync(join(folder, "broken.json"), "{");
  expect(() => Notes.open(join(folder, "broken.json"))).toThrow(/remove it/);
});

test("refetch finds the records of a stack however it is named, so that nothing is delivered twice", () => {
  expect(notesFile("family")).toMatch(/refetch-family\.json$/);
  expect(notesFile("acme/mail/family")).toBe(notesFile("family"));
});

test.each([
  [["--stack", "x"], "--since is missing"],
  [["--since", "yesterday"], "--since: yesterday is not a date"],
  [["--since", "2026-02-30"], "--since: 2026-02-30 is not a date"],
  [["--since", "2026-12-01"], "--since: 2026-12-01 is in the future"],
  [["--since", "2026-11-20", "--stack", ""], "--stack: a name is missing"],
  [["--since", "2026-11-20", "--project", "/absent"], "--project: there is no Pulumi.yaml in /absent"],
  [["--since", "2026-11-20", "--forever"], "Unknown option '--forever'"],
])("refetch reports options that make no sense in one line: %j", (options, words) => {
  expect(() => readOptions(options, "2026-11-28")).toThrow(words);
});

test.each(["refetch", "adopt"])("npm run %s ends with 2 and one line when its options make no sense", (command) => {
  const options = ["--require", "./start.cjs", `${command}/main.ts`, "--no-such", "--since", "x"];
  const { status, stdout, stderr } = spawnSync(process.execPath, options, {
    cwd: join(__dirname, "../../.."),
    encoding: "utf8",
  });
  expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: "", stderr: "Unknown option '--no-such'\n" });
});

test("refetch reports the result of a mailbox in one line", () => {
  expect(outcome("kinga", { copied: 500, before: 0, waiting: 0 })).toBe("kinga: 500 messages delivered again");
  expect(outcome("kinga", { copied: 0, before: 500, waiting: 0 })).toContain("--again copies them once more");
  expect(outcome("kinga", { copied: 1, before: 0, waiting: 1, problem: "it hung up" })).toBe(
    "kinga: 1 message copied, 1 of the outbox not delivered yet; it hung up",
  );
});
