import { execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { type BuildSpec, modulesFolder, type PrunedModule } from "./catalog";
import type { Log } from "./log";

const SAY_EVERY_MS = 15_000;

/** What go.mod asks for: `go 1.26.0`. */
function goVersionFor(moduleFolder: string): string {
  return /^go (\S+)/m.exec(fs.readFileSync(path.join(moduleFolder, "go.mod"), "utf8"))?.[1] ?? "";
}

/** Builds a set from Go modules whose every version and checksum is pinned. */
export async function build(set: BuildSpec, folder: string, log: Log): Promise<string> {
  const scratch = fs.mkdtempSync(path.join(folder, "build-"));
  let moduleFolder = set.source ?? path.join(modulesFolder, set.module);
  const flags = ["-v", "-trimpath", "-mod=readonly", "-buildvcs=false", "-ldflags", `-s -w ${set.ldflags ?? ""}`];
  if (set.tags) flags.push("-tags", set.tags);
  try {
    if (set.pruned) moduleFolder = withPruned(set.pruned, moduleFolder, path.join(scratch, "module"));
    for (const [program, goPackage] of Object.entries(set.programs)) {
      const args = [...flags, "-o", path.join(scratch, program), goPackage];
      await goBuild({ args, cwd: moduleFolder, program, isStatic: set.isStatic === true }, log);
    }
    for (const program of Object.keys(set.programs)) {
      fs.renameSync(path.join(scratch, program), path.join(folder, program));
    }
    return folder;
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

/** A copy of the module's folder, with the trimmed module where its go.mod looks for it. */
function withPruned({ module, version, sum, folder, replaced }: PrunedModule, source: string, target: string): string {
  const download = ["mod", "download", "-json", `${module}@${version}`];
  // Outside of the module: its go.mod names a folder that is not there yet.
  const { Dir, Sum } = JSON.parse(execFileSync("go", download, { cwd: path.dirname(target), encoding: "utf8" }));
  if (Sum !== sum) throw new Error(`build: ${module} ${version} is not what it was: ${Sum}`);
  fs.cpSync(source, target, { recursive: true });
  const place = path.join(target, folder);
  execFileSync("cp", ["-r", Dir, place]); // Go keeps its copy read-only, and fs.cpSync would fail on that
  execFileSync("chmod", ["-R", "u+w", place]);
  const pruned = path.join(place, replaced.path);
  for (const entry of fs.readdirSync(pruned)) {
    if (!replaced.keep.includes(entry)) fs.rmSync(path.join(pruned, entry), { recursive: true });
  }
  fs.cpSync(path.join(source, replaced.by), pruned, { recursive: true });
  fs.rmSync(path.join(target, replaced.by), { recursive: true });
  return target;
}

interface GoBuild {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly program: string;
  readonly isStatic: boolean;
}

function goBuild({ args, cwd, program, isStatic }: GoBuild, log: Log): Promise<void> {
  return new Promise((resolve, reject) => {
    log(`  building ${program} from Go modules (minutes the first time)`);
    const started = Date.now();
    let spoke = started;
    let downloaded = 0;
    let compiled = 0;
    const last: string[] = [];
    const go = spawn("go", ["build", ...args], {
      cwd,
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, ...(isStatic && { CGO_ENABLED: "0" }) },
    });
    createInterface({ input: go.stderr }).on("line", (line) => {
      if (line.startsWith("go: downloading")) downloaded++;
      else compiled++;
      last.push(line);
      if (last.length > 8) last.shift();
      if (Date.now() - spoke < SAY_EVERY_MS) return;
      spoke = Date.now();
      const seconds = Math.round((spoke - started) / 1000);
      log(`  building ${program}: ${downloaded} modules fetched, ${compiled} packages compiled, ${seconds} s`);
    });
    go.on("error", () => {
      reject(
        new Error(
          `build: Go is missing; install Go ${goVersionFor(cwd)} or later from https://go.dev/dl and put it on PATH`,
        ),
      );
    });
    go.on("close", (code) => {
      if (code === 0) return resolve();
      reject(
        new Error(
          `build: go build of ${program} failed (go.mod asks for Go ${goVersionFor(cwd)})\n    ${last.join("\n    ")}`,
        ),
      );
    });
  });
}
