import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { hardeningProblems } from "../../support/kubernetes";

const script = join(__dirname, "../../../scripts/plain-copy.sh");
const home = mkdtempSync(join(tmpdir(), "plain-copy-"));
afterAll(() => rmSync(home, { recursive: true }));

/** A cluster of two folders: the pod runs its commands in the one whose claim it mounts. */
const kubectl = `#!/bin/bash
echo "$*" >> "$HERE/log"
shift 2
case $1 in
  get) case "$*" in *"\${ABSENT:-nothing is}"*) exit 1 ;; *jsonpath*image*) echo "registry/image:1@sha256:${"0".repeat(64)}" ;; *jsonpath*) echo 2000 ;; esac ;;
  apply) tee "$HERE/pod" | sed -n 's/.*claimName: \\([a-z-]*\\).*/\\1/p' > "$HERE/mounted" ;;
  exec)
    while [ "$1" != -- ]; do shift; done; shift
    [ "\${BREAKS:-}" != "$1" ] || { head -c 100 > /dev/null; exit 1; }
    volume=$HERE/$(cat "$HERE/mounted")
    [ "\${CUTS:-}" != "$1" ] || { "\${@//\\/volume/$volume}" | head -c 700; exit 0; }
    exec "\${@//\\/volume/$volume}" ;;
esac
`;

let count = 0;
function cluster() {
  const here = join(home, `${count++}`);
  for (const claim of ["stalwart-data/data", "roundcube-data"]) mkdirSync(join(here, claim), { recursive: true });
  writeFileSync(join(here, "kubectl"), kubectl, { mode: 0o755 });
  writeFileSync(join(here, "stalwart-data/data/CURRENT"), "MANIFEST-000004\n");
  writeFileSync(join(here, "stalwart-data/.hidden"), "too");
  writeFileSync(join(here, "roundcube-data/sqlite.db"), "settings");
  mkdirSync(join(here, "stalwart-data/lost+found"));
  writeFileSync(join(here, "stalwart-data/lost+found/#1"), "the file system's");
  const run = (what: string, folder: string, env: Record<string, string> = {}) => {
    const { status, stderr } = spawnSync("bash", [script, what, folder, "mail"], {
      encoding: "utf8",
      env: { ...process.env, HERE: here, KUBECTL: join(here, "kubectl"), ...env },
    });
    return { status, stderr };
  };
  const log = (): string[] => readFileSync(join(here, "log"), "utf8").split("\n");
  const asked = (words: string): number => log().filter((line) => line.includes(words)).length;
  return { here, run, log, asked, copy: join(here, "copy"), mail: join(here, "stalwart-data/data/CURRENT") };
}

test("a saved plain copy is restored unchanged, and the server is stopped for it and started again", () => {
  const { here, run, log, asked, copy, mail } = cluster();
  expect(run("save", copy)).toMatchObject({ status: 0 });
  const [stopped, ended, first] = ["--replicas=0", "wait --for=delete pod", "apply"].map((words) =>
    log().findIndex((line) => line.includes(words)),
  ) as [number, number, number];
  expect([stopped >= 0, stopped < ended, ended < first]).toEqual([true, true, true]); // a store in use is not copied
  expect([asked("--replicas=0"), asked("--replicas=1")]).toEqual([1, 1]);
  writeFileSync(mail, "MANIFEST-000009\n");
  writeFileSync(join(here, "stalwart-data/data/later.sst"), "fetched since");
  rmSync(join(here, "roundcube-data/sqlite.db"));
  writeFileSync(join(here, "stalwart-data/lost+found/#1"), "found since");
  expect(run("restore", copy)).toMatchObject({ status: 0 });
  expect(readFileSync(mail, "utf8")).toBe("MANIFEST-000004\n");
  expect(existsSync(join(here, "stalwart-data/data/later.sst"))).toBe(false); // a store of two times is none
  expect(readFileSync(join(here, "stalwart-data/.hidden"), "utf8")).toBe("too");
  expect(readFileSync(join(here, "roundcube-data/sqlite.db"), "utf8")).toBe("settings");
  expect(readFileSync(join(here, "stalwart-data/lost+found/#1"), "utf8")).toBe("found since"); // only root may touch it
  expect([asked("--replicas=0"), asked("--replicas=1"), asked("delete pod plain-copy")]).toEqual([2, 2, 6]);
});

test("the pod of a plain copy is as restricted as those of the stack, and runs as the user of the volume's files", () => {
  const { here, run, copy } = cluster();
  run("save", copy);
  const { kind, metadata, spec } = parse(readFileSync(join(here, "pod"), "utf8"));
  expect(hardeningProblems({ owner: metadata.name, kind, labels: {}, spec })).toEqual([]);
  expect(spec.securityContext).toMatchObject({ runAsUser: 2000, runAsGroup: 2000, fsGroup: 2000 });
});

test("an incomplete plain copy is reported before anything is changed", () => {
  const { run, asked, copy, mail } = cluster();
  run("save", copy);
  truncateSync(join(copy, "roundcube-data.tar"), 700);
  const { status, stderr } = run("restore", copy);
  expect({ status, last: stderr.trim().split("\n").at(-1) }).toEqual({
    status: 1,
    last: `${copy}/roundcube-data.tar is not a whole copy: nothing was touched`,
  });
  expect(run("restore", join(copy, "absent")).status).toBe(1);
  expect([asked("--replicas=0"), existsSync(mail)]).toEqual([1, true]);
});

test("a restore that is interrupted leaves the server stopped, and succeeds when it is run again", () => {
  const { run, asked, copy, mail } = cluster();
  run("save", copy);
  const { status, stderr } = run("restore", copy, { BREAKS: "tar" });
  expect(status).not.toBe(0);
  expect(stderr).toContain("stalwart-data is not whole: run the same command again. Nothing was started.");
  expect(asked("--replicas=1")).toBe(1);
  expect(run("restore", copy)).toMatchObject({ status: 0 });
  expect(readFileSync(mail, "utf8")).toBe("MANIFEST-000004\n");
  expect(asked("--replicas=1")).toBe(2);
});

test("an interrupted copy starts the server again and leaves no file that resembles a copy", () => {
  const { run, asked, copy } = cluster();
  expect(run("save", copy, { BREAKS: "sh" }).status).not.toBe(0);
  expect([asked("--replicas=1"), existsSync(join(copy, "stalwart-data.tar"))]).toEqual([1, false]);
});

test("a copy that arrives cut is no copy, even if nothing reports it", () => {
  const { run, copy } = cluster();
  const { status, stderr } = run("save", copy, { CUTS: "sh" });
  expect({ status, said: stderr.includes("the copy of stalwart-data is not whole") }).toEqual({
    status: 1,
    said: true,
  });
  expect(existsSync(join(copy, "stalwart-data.tar"))).toBe(false);
});

test("nothing is stopped in a namespace that lacks one of the volumes", () => {
  const { run, asked, copy } = cluster();
  expect(run("save", copy, { ABSENT: "pvc/roundcube-data" }).status).not.toBe(0);
  expect(asked("scale")).toBe(0);
});

test("an earlier plain copy is never overwritten", () => {
  const { run, copy } = cluster();
  run("save", copy);
  expect(run("save", copy)).toMatchObject({
    status: 1,
    stderr: `${copy}/stalwart-data.tar is there already: take a new folder\n`,
  });
});
