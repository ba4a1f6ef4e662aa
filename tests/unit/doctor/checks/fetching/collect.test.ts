import { collectFetchers, readMetrics, refusalsIn } from "../../../../../doctor/checks/fetching/collect";
import { FakeCluster } from "../../support/fakeCluster";

const metrics = `# HELP fetchmail_left Messages that the mail server did not take in the latest round.
# TYPE fetchmail_left gauge
fetchmail_left{mailbox="kinga",folder="INBOX"} 2
fetchmail_left{mailbox="kinga",folder="Junk"} 0
fetchmail_set_aside{mailbox="kinga",folder="INBOX"} 1
fetchmail_waiting_since_timestamp_seconds{mailbox="kinga",folder="INBOX"} 1772359000
fetchmail_last_delivery_timestamp_seconds{mailbox="kinga",folder="INBOX"} 1772359200.25
fetchmail_last_delivery_timestamp_seconds{mailbox="kinga",folder="Junk"} 0
fetchmail_waiting{mailbox="kinga",folder="INBOX"} 7
`;

test("the fetcher's metrics are read by folder, and a time of zero is no time", () => {
  expect(readMetrics(metrics)).toEqual([
    { folder: "INBOX", waiting: 7, left: 2, aside: 1, waitingSince: 1772359000000, lastDelivery: 1772359200250 },
    { folder: "Junk", waiting: 0, left: 0, aside: 0 },
  ]);
});

test("why messages were set aside is found in the log, without time and folder", () => {
  const log = `2026-03-01T10:00:00Z fetching INBOX of kinga
2026-03-01T10:00:05Z INBOX: 1 message refused for good, moved to the provider's folder Fetcher-Refused: 552 5.3.4 Message too big
2026-03-01T10:00:09Z INBOX: mail flows again
`;
  expect(refusalsIn(log)).toEqual(["552 5.3.4 Message too big"]);
});

test("each fetcher is asked, one that cannot be asked says why, and names and clock come from one that can", async () => {
  const cluster = new FakeCluster({});
  const reply = { ready: "ok\n", metrics, now: Date.now() / 1000 - 30, addresses: { "smtp.migadu.com": ["10.0.0.1"] } };
  cluster.prints["deploy/fetchmail-kinga"] = JSON.stringify(reply);
  const seen = await collectFetchers(cluster, ["alpar", "kinga"], ["smtp.migadu.com"]);
  expect(seen.fetchers).toMatchObject([
    { mailbox: "alpar", reason: expect.stringContaining("not found") },
    { mailbox: "kinga", trouble: "", folders: [{ folder: "INBOX" }, { folder: "Junk" }] },
  ]);
  expect(seen.inside).toEqual({ addresses: { "smtp.migadu.com": ["10.0.0.1"] } });
  expect(seen.ahead).toBeGreaterThan(-40);
  expect(seen.ahead).toBeLessThan(-20);
});

test("a fetcher in trouble is told in its own words", async () => {
  const cluster = new FakeCluster({});
  const ready = "INBOX: the provider refuses the login: the provider answered Authentication failed.\n";
  cluster.prints["deploy/fetchmail-kinga"] = JSON.stringify({ ready, metrics, now: 0, addresses: {} });
  const { fetchers } = await collectFetchers(cluster, ["kinga"], []);
  expect(fetchers).toMatchObject([{ trouble: ready.trim() }]);
});

test("an answer that is none is not taken for a mailbox that is well", async () => {
  const cluster = new FakeCluster({});
  cluster.prints["deploy/fetchmail-kinga"] = "OCI runtime exec failed";
  const { fetchers, inside } = await collectFetchers(cluster, ["kinga"], []);
  expect(fetchers).toEqual([{ mailbox: "kinga", reason: "its answer is no answer" }]);
  expect(inside).toHaveProperty("reason");
});
