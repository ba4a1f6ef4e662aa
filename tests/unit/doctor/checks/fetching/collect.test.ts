import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { names, ports } from "../../../../../config/names";
import { collectFetchers, readStatus } from "../../../../../doctor/checks/fetching/collect";
import { command } from "../../../../../lib/command";
import { listen } from "../../../../support/listen";
import { FakeCluster } from "../../support/fakeCluster";

const ROOT = join(__dirname, "../../../../..");

const inbox = {
  folder: "INBOX",
  lastDelivery: 1772359200.25,
  waitingSince: 1772359000,
  left: { count: 2, reasons: [{ reason: "the mail server answered 452 disk full", uids: [17, 19] }] },
  setAside: { count: 1, reasons: [{ reason: "552 5.3.4 Message too big", uids: [] }] },
};
const junk = {
  folder: "Junk",
  lastDelivery: null,
  waitingSince: null,
  left: { count: 0, reasons: [] },
  setAside: { count: 0, reasons: [] },
};
const page = { version: 1, mailbox: "kinga", ready: true, reason: "", folders: [inbox, junk] };
const status = (change: object = {}): string => JSON.stringify({ ...page, ...change });

const reply = (text: string | null) =>
  JSON.stringify({ status: text, now: Date.now() / 1000 - 30, addresses: { "smtp.migadu.com": ["10.0.0.1"] } });

async function askKinga(prints: string) {
  const cluster = new FakeCluster({});
  cluster.prints["deploy/fetchmail-kinga"] = prints;
  return collectFetchers(cluster, ["kinga"], []);
}

test("a fetcher's status has each folder's messages with their reasons, and times in milliseconds", () => {
  expect(readStatus(status())).toEqual({
    notReady: "",
    folders: [
      {
        folder: "INBOX",
        lastDelivery: 1772359200250,
        waitingSince: 1772359000000,
        left: { count: 2, reasons: ["the mail server answered 452 disk full"] },
        setAside: { count: 1, reasons: ["552 5.3.4 Message too big"] },
      },
      { folder: "Junk", left: { count: 0, reasons: [] }, setAside: { count: 0, reasons: [] } },
    ],
  });
});

test("each fetcher's status is read, one that cannot be read has a reason, and names and clock come from one that can", async () => {
  const cluster = new FakeCluster({});
  cluster.prints["deploy/fetchmail-kinga"] = reply(status());
  const seen = await collectFetchers(cluster, ["alpar", "kinga"], ["smtp.migadu.com"]);
  expect(seen.fetchers).toMatchObject([
    { mailbox: "alpar", reason: expect.stringContaining("not found") },
    { mailbox: "kinga", notReady: "", folders: [{ folder: "INBOX" }, { folder: "Junk" }] },
  ]);
  expect(seen.inside).toEqual({ addresses: { "smtp.migadu.com": ["10.0.0.1"] } });
  expect(seen.ahead).toBeGreaterThan(-40);
  expect(seen.ahead).toBeLessThan(-20);
});

test("without a fetcher that responds, the names are unknown for the reason of one, and the clock too", async () => {
  expect(await collectFetchers(new FakeCluster({}), ["alpar", "kinga"], [])).toEqual({
    fetchers: [expect.objectContaining({ mailbox: "alpar" }), expect.objectContaining({ mailbox: "kinga" })],
    inside: { reason: expect.stringContaining("fetchmail-alpar") },
  });
  expect((await collectFetchers(new FakeCluster({}), [], [])).inside).toEqual({ reason: "there is no mailbox" });
});

test("fetchers are listed in the order of their names, whichever responds first", async () => {
  const cluster = new FakeCluster({});
  for (const name of ["alpar", "kinga", "zoli"]) cluster.prints[`deploy/fetchmail-${name}`] = reply(status());
  const seen = await collectFetchers(cluster, ["zoli", "alpar", "kinga"], []);
  expect(seen.fetchers.map(({ mailbox }) => mailbox)).toEqual(["alpar", "kinga", "zoli"]);
});

test("a fetcher that is not ready gives its own reason", async () => {
  const reason = "INBOX: the provider refuses the login: the provider answered Authentication failed.";
  const { fetchers } = await askKinga(reply(status({ ready: false, reason })));
  expect(fetchers).toMatchObject([{ notReady: reason }]);
  const silent = await askKinga(reply(status({ ready: false, reason: "" })));
  expect(silent.fetchers).toMatchObject([{ notReady: "it gives no reason" }]);
});

test.each([
  ["without a status page", null],
  ["of a later version", status({ version: 2 })],
  ["that leaves out a field", status({ folders: [{ folder: "INBOX" }] })],
  ["that names no folder", status({ folders: [] })],
])(
  "a fetcher's pod %s is never taken for one that works, and its names and clock count all the same",
  async (_, text) => {
    const { fetchers, inside } = await askKinga(reply(text));
    expect(fetchers).toEqual([{ mailbox: "kinga", unsupported: true }]);
    expect(inside).toHaveProperty("addresses");
  },
);

test("an invalid response of a fetcher is not taken for a mailbox that works", async () => {
  const { fetchers, inside } = await askKinga("OCI runtime exec failed");
  expect(fetchers).toEqual([{ mailbox: "kinga", reason: "invalid response" }]);
  expect(inside).toHaveProperty("reason");
  expect((await askKinga("{}")).fetchers).toEqual([{ mailbox: "kinga", reason: "invalid response" }]);
  expect((await askKinga(reply("<html>"))).fetchers).toEqual([{ mailbox: "kinga", reason: "invalid response" }]);
});

/** Prints the status of a worker that delivered a message and has one set aside. */
const program = `
import sys
sys.path[:0] = sys.argv[1:]
import json
from test_status_page import CommandRefused, QuarantineRetry, StatusPage, body
case = StatusPage("page")
case.setUp()
case.session.put("INBOX", body("a"))
case.session.put("Fetcher-Refused", body("unreadable"))
case.refusing("BODY", "Fetcher-Refused", CommandRefused("storage is full"))
case.worker.outbox.quarantine.next_try = QuarantineRetry(0.0, 100)
case.run_session()
print(json.dumps(case.page()))
case.doCleanups()
`;
const folders = ["components/fetcher/program", "tests/unit/components/fetcher/program"].map((one) => join(ROOT, one));
const python = spawnSync("python3", ["-B", "-c", program, ...folders], { encoding: "utf8" });

// Where every test must run, in CI, a missing Python is a failure like any other.
const withPython = python.error === undefined || process.env.CI ? test : test.skip;

withPython("what the doctor runs in a fetcher's pod reads its page, its DNS and its clock", async () => {
  let answer: { readonly code: number; readonly text: string } = { code: 200, text: status() };
  const server = createServer(({ url }, response) => {
    response.writeHead(url === "/status" ? answer.code : 400).end(answer.text);
  });
  const port = await listen(server);
  const ran: string[] = [];
  const cluster = Object.assign(new FakeCluster({}), {
    exec: (target: string, container: string, [file = "", ...words]: readonly string[], input?: string) => {
      ran.push(`${target} ${container}`);
      const own = words.map((word) => word.replace(`127.0.0.1:${ports.fetcherHttp}"`, `127.0.0.1:${port}"`));
      return command(file, own, { limit: 60_000, ...(input !== undefined && { input }) });
    },
  });
  const ask = () => collectFetchers(cluster, ["kinga"], ["localhost", "absent.invalid"]);
  const seen = await ask();
  expect(ran).toEqual([`deploy/fetchmail-kinga ${names.fetchmail}`]);
  expect(seen.fetchers).toMatchObject([{ mailbox: "kinga", notReady: "", folders: [{ folder: "INBOX" }, {}] }]);
  expect(seen.inside).toMatchObject({ addresses: { "absent.invalid": [] } });
  expect(JSON.stringify(seen.inside)).toMatch(/"localhost":\["(127\.|::1)/);
  expect(Math.abs(seen.ahead ?? 100)).toBeLessThan(30);
  answer = { code: 404, text: "" };
  expect((await ask()).fetchers).toEqual([{ mailbox: "kinga", unsupported: true }]);
  answer = { code: 503, text: "" };
  expect((await ask()).fetchers).toMatchObject([{ reason: expect.stringContaining("503") }]);
  server.close();
});

withPython("the fetcher's own program is understood", () => {
  expect(python.stderr).toBe("");
  expect(readStatus(python.stdout)).toMatchObject({
    notReady: "",
    folders: [
      {
        folder: "INBOX",
        lastDelivery: expect.any(Number),
        setAside: { count: 1, reasons: ["the provider answered storage is full"] },
      },
    ],
  });
});

test("every field of a fetcher's status that the doctor reads is documented", () => {
  const reference = readFileSync(join(ROOT, "docs/reference/fetcher.md"), "utf8");
  for (const field of [...Object.keys(page), ...Object.keys(inbox)]) expect(reference).toContain(`\`${field}\``);
});
