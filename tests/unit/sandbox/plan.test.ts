import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { describePlan } from "../../../sandbox/plan";

const ROOT = path.join(__dirname, "../../..");
const here = { programs: [], images: false };
const nothing = { programs: ["Pulumi", "etcd"], images: true };

/** The numbered parts of a plan. */
const parts = (plan: string): string[] => plan.split("\n").filter((line) => /^ {2}\d\. /.test(line));

test.each(["control plane", "kubeconfig", "kind", "k3d", "node"] as const)(
  "the sandbox's plan on %s has a time for each slow part, and builds nothing that exists",
  (target) => {
    for (const live of [true, false]) {
      for (const part of parts(describePlan(target, live, here))) {
        expect(part).toMatch(/\d (seconds|minutes?)|are on this machine|made before/);
        expect(part).not.toMatch(/build|download; |Debian packages/);
      }
    }
  },
);

test("the sandbox's plan names missing tools, with the time that getting them takes and where they are kept", () => {
  const [programs, images] = parts(describePlan("node", true, nothing));
  expect(programs).toMatch(/Get Pulumi, etcd: .*minutes.*half an hour.*kept in /);
  expect(images).toMatch(/Debian packages: \d+ minutes.*kept in /);
});

test("npm run sandbox prints its plan before it gets or starts anything", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "plan-"));
  try {
    // Nothing is on PATH, and where programs are kept is no folder: the run ends where it would begin to get them.
    const cache = path.join(folder, "cache");
    fs.writeFileSync(cache, "");
    const { stdout, status } = spawnSync(process.execPath, ["--require", "./start.cjs", "sandbox/main.ts"], {
      cwd: ROOT,
      encoding: "utf8",
      env: { PATH: folder, HOME: folder, TMPDIR: folder, XDG_CACHE_HOME: cache },
    });
    expect(status).toBe(1);
    const lines = stdout.split("\n");
    expect(lines[0]).toBe("This run will:");
    expect(parts(stdout)[0]).toContain("Get Pulumi, kubectl, Kubernetes control plane, etcd, kwok");
    const getting = lines.findIndex((line) => line.includes("getting it"));
    expect(getting).toBeGreaterThan(lines.findIndex((line) => line.includes("pulumi up")));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
