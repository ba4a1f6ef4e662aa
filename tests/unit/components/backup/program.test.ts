import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ended, ended } from "../../../support/ended";
import { listen } from "../../../support/listen";

const program = join(__dirname, "../../../../components/backup/program/snapshots.py");
const login = mkdtempSync(join(tmpdir(), "backup-"));
writeFileSync(join(login, "token"), "the-token\n");
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(login, { recursive: true });
});

interface Snapshot {
  metadata: { name: string; creationTimestamp: string; labels: Record<string, string> };
  status?: { readyToUse?: boolean; error?: { message: string } };
}

const day = (n: number): string => `2026-11-${String(n).padStart(2, "0")}T03:15:00Z`;
const old = (claim: string, n: number, readyToUse: boolean): Snapshot => ({
  metadata: { name: `${claim}-${n}`, creationTimestamp: day(n), labels: { "homelab-mail/snapshot-of": claim } },
  status: { readyToUse },
});

/** As much of the API server as the program needs, with a controller that makes snapshots usable when it is asked again. */
interface Rules {
  readonly works?: (name: string) => boolean;
  readonly status?: number;
  /** Fails without a reason, with a page that is not Kubernetes' own. */
  readonly silent?: boolean;
  /** The connection ends in the middle of the answer about this claim's new snapshot. */
  readonly cutOff?: string;
  /** Others delete a snapshot before the program does. */
  readonly gone?: string;
}

async function api(snapshots: Snapshot[], rules: Rules = {}) {
  const works = rules.works ?? (() => true);
  const received: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://api");
    const at = "/apis/snapshot.storage.k8s.io/v1/namespaces/mail/volumesnapshots";
    const name = url.pathname.slice(at.length + 1);
    received.push(`${request.method} ${name || url.search}`);
    let body = "";
    const answer = (status: number, value: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    };
    request.on("data", (piece) => {
      body += piece;
    });
    request.on("end", () => {
      if (request.headers.authorization !== "Bearer the-token") return answer(401, { message: "Unauthorized" });
      if (!url.pathname.startsWith(at)) return answer(404, { message: "not found" });
      if (rules.status && rules.silent) return void response.writeHead(rules.status).end("<html>");
      if (rules.status) return answer(rules.status, { message: "volumesnapshots is forbidden" });
      const found = snapshots.findIndex(({ metadata }) => metadata.name === name);
      if (request.method === "POST") {
        const { apiVersion, kind, metadata, spec } = JSON.parse(body);
        expect({ apiVersion, kind }).toEqual({ apiVersion: "snapshot.storage.k8s.io/v1", kind: "VolumeSnapshot" });
        expect(metadata.labels).toMatchObject({ "app.kubernetes.io/part-of": "homelab-mail" });
        expect(spec).toEqual({
          volumeSnapshotClassName: "fast",
          source: { persistentVolumeClaimName: expect.any(String) },
        });
        snapshots.push({ metadata: { ...metadata, creationTimestamp: "2026-11-28T03:15:00Z" } });
        if (rules.cutOff === undefined || !metadata.name.startsWith(rules.cutOff)) return answer(201, {});
        response.writeHead(201, { "content-length": "100" });
        return void response.write("{", () => request.socket.end());
      }
      if (request.method === "DELETE") {
        if (found >= 0) snapshots.splice(found, 1);
        return answer(found < 0 || name === rules.gone ? 404 : 200, {});
      }
      if (name === "") {
        const claim = url.searchParams.get("labelSelector")?.replace("homelab-mail/snapshot-of=", "");
        return answer(200, {
          items: snapshots.filter(({ metadata }) => metadata.labels["homelab-mail/snapshot-of"] === claim),
        });
      }
      const one = snapshots[found] as Snapshot;
      const sent = JSON.parse(JSON.stringify(one));
      const failed = { readyToUse: false, ...(!rules.silent && { error: { message: "the disk is full" } }) };
      one.status = works(name) ? { readyToUse: true } : failed;
      return answer(200, sent);
    });
  });
  servers.push(server);
  return { base: `http://127.0.0.1:${await listen(server)}`, received };
}

function run(base: string, claims: string[], keep = 3): Promise<Ended> {
  const args = [
    "--api",
    base,
    "--login",
    login,
    "--namespace",
    "mail",
    "--class",
    "fast",
    "--keep",
    `${keep}`,
    "--seconds",
    "1",
  ];
  const child = spawn("python3", ["-B", program, ...args, ...claims]);
  return ended(child);
}
const namesIn = (snapshots: Snapshot[], claim: string): string[] =>
  snapshots.map(({ metadata }) => metadata.name).filter((name) => name.startsWith(claim));

test("each claim gets a snapshot, and the oldest usable ones above the limit are deleted; other snapshots stay", async () => {
  const foreign = {
    ...old("stalwart-data", 1, true),
    metadata: { name: "by-hand", creationTimestamp: day(1), labels: {} },
  };
  const snapshots = [
    foreign,
    ...[20, 21, 22, 23].map((n) => old("stalwart-data", n, true)),
    old("roundcube-data", 20, true),
  ];
  const { base } = await api(snapshots);
  const { code, out } = await run(base, ["stalwart-data", "roundcube-data"]);
  expect(code).toBe(0);
  expect(namesIn(snapshots, "stalwart-data")).toEqual([
    "stalwart-data-22",
    "stalwart-data-23",
    expect.stringMatching(/^stalwart-data-\d{8}-\d{6}$/),
  ]);
  expect(namesIn(snapshots, "roundcube-data")).toHaveLength(2);
  expect(snapshots[0]).toBe(foreign);
  expect(out).toMatch(/stalwart-data-\S+ is there\n/);
  expect(out).not.toContain("the-token");
});

test("a snapshot that cannot be used fails the run with its own message, and replaces no older one", async () => {
  const snapshots = [20, 21, 22, 23].map((n) => old("stalwart-data", n, true));
  const { base } = await api([...snapshots, old("roundcube-data", 20, true)].slice(), {
    works: (name) => !name.startsWith("stalwart-data"),
  });
  const { code, err, out } = await run(base, ["stalwart-data", "roundcube-data"]);
  expect(code).toBe(1);
  expect(err).toMatch(/^stalwart-data: stalwart-data-\S+ is not usable after 1 s: the disk is full\n$/);
  expect(out).toMatch(/^roundcube-data-\S+ is there\n$/);
});

test("failed snapshots do not cause the last usable one to be deleted, and are deleted when enough usable ones are newer", async () => {
  const failing = [old("stalwart-data", 1, true), ...[2, 3, 4, 5].map((n) => old("stalwart-data", n, false))];
  await run((await api(failing)).base, ["stalwart-data"], 2);
  expect(namesIn(failing, "stalwart-data")).toContain("stalwart-data-1");
  const recovered = [old("stalwart-data", 1, false), old("stalwart-data", 2, true), old("stalwart-data", 3, true)];
  await run((await api(recovered)).base, ["stalwart-data"], 2);
  expect(namesIn(recovered, "stalwart-data")).toEqual(["stalwart-data-3", expect.any(String)]);
  const exact = [old("stalwart-data", 1, false), old("stalwart-data", 2, true)];
  expect((await run((await api(exact)).base, ["stalwart-data"], 2)).out).toContain("stalwart-data-1 is removed\n");
  expect(namesIn(exact, "stalwart-data")).toEqual(["stalwart-data-2", expect.any(String)]);
});

test("a snapshot that somebody else has deleted meanwhile does not fail the run", async () => {
  const snapshots = [1, 2, 3].map((n) => old("stalwart-data", n, true));
  const { base } = await api(snapshots, { gone: "stalwart-data-1" });
  expect(await run(base, ["stalwart-data"], 2)).toMatchObject({ code: 0, err: "\n" });
  expect(namesIn(snapshots, "stalwart-data")).toEqual(["stalwart-data-3", expect.any(String)]);
});

test("a failed snapshot run says so when neither the API server nor the snapshot has a reason", async () => {
  const page = await api([], { status: 503, silent: true });
  expect((await run(page.base, ["stalwart-data"])).err).toBe("stalwart-data: the API server refuses: HTTP 503\n");
  const never = await api([], { works: () => false, silent: true });
  expect((await run(never.base, ["stalwart-data"])).err).toContain("is not usable after 1 s: nobody says why\n");
});

test("an answer of the API server that is cut off fails one snapshot, and the other claims get theirs", async () => {
  const { base } = await api([], { cutOff: "stalwart-data" });
  const { code, err, out } = await run(base, ["stalwart-data", "roundcube-data"]);
  expect([code, err]).toEqual([1, expect.stringMatching(/^stalwart-data: the API server cannot be asked: .+\n$/)]);
  expect(out).toMatch(/^roundcube-data-\S+ is there\n$/);
});

test("an error of the API server is in the message of the failed snapshot run", async () => {
  const { base } = await api([], { status: 403 });
  expect(await run(base, ["stalwart-data"])).toMatchObject({
    code: 1,
    err: "stalwart-data: the API server refuses: volumesnapshots is forbidden\n",
  });
  expect((await run("http://127.0.0.1:1", ["stalwart-data"])).err).toMatch(/the API server cannot be asked: .*refused/);
});
