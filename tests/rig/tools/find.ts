import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { build } from "./build";
import { type BuildSpec, type Toolset, type ToolsetName, toolsets } from "./catalog";
import { download } from "./download";
import type { Log } from "./log";

const run = promisify(execFile);

/** Where what was downloaded or built is kept: outside the repository, by version. */
export const cacheFolder = (...parts: string[]): string =>
  path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), ".cache"), "homelab-mail", ...parts);

export function isNewEnough(version: string, atLeast: string): boolean {
  const [have, want] = [version, atLeast].map((text) => text.split(".").map((part) => Number.parseInt(part, 10)));
  for (const [n, part] of (want ?? []).entries()) {
    const mine = have?.[n] ?? 0;
    if (mine !== part) return mine > part;
  }
  return true;
}

export function onPath(program: string, searchPath = process.env.PATH ?? ""): string | undefined {
  for (const folder of searchPath.split(path.delimiter).filter(Boolean)) {
    const file = path.join(folder, program);
    try {
      fs.accessSync(file, fs.constants.X_OK);
      if (fs.statSync(file).isFile()) return file;
    } catch {
      // not here
    }
  }
  return undefined;
}

async function versionOf(file: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run(file, [...args], { timeout: 20_000 });
    return /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? "";
  } catch {
    return ""; // it does not run here
  }
}

type Found = Record<string, string>;

/** Every program of the set on PATH and new enough, or none: versions do not mix. */
async function fromPath(set: Toolset): Promise<Found | undefined> {
  const found: Found = {};
  for (const program of Object.keys(set.programs)) {
    const file = onPath(program);
    if (!file) return undefined;
    const version = await versionOf(file, set.versionArgs);
    if (!version || !isNewEnough(version, set.atLeast)) return undefined;
    found[program] = file;
  }
  return found;
}

function inFolder(set: BuildSpec, folder: string): Found | undefined {
  const files = Object.keys(set.programs).map((program) => [program, path.join(folder, program)] as const);
  return files.every(([, file]) => fs.existsSync(file)) ? Object.fromEntries(files) : undefined;
}

const folderOf = (set: Toolset): string => cacheFolder("bin", `${set.module}-v${set.version}`);

const present = async (set: Toolset): Promise<Found | undefined> =>
  (await fromPath(set)) ?? inFolder(set, folderOf(set));

/** The names of those sets that would have to be downloaded or built. */
export async function missingTools(names: readonly ToolsetName[]): Promise<string[]> {
  const sets = await Promise.all(
    names.map(async (name) => ((await present(toolsets[name])) ? [] : [toolsets[name].name])),
  );
  return sets.flat();
}

/** Finds, downloads or builds one set of programs, and says which. */
async function findSet(set: Toolset, log: Log): Promise<Found> {
  const found = await present(set);
  if (found) return found;
  const folder = folderOf(set);

  log(`${set.name} ${set.version} is not on PATH: getting it (once; it is kept in ${folder})`);
  fs.mkdirSync(folder, { recursive: true });
  const failures: string[] = [];
  for (const way of [download, build]) {
    try {
      const elsewhere = await way(set, folder, log);
      const got = inFolder(set, elsewhere ?? folder);
      if (got) return got;
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
      log(`  ${failures.at(-1)}`);
    }
  }
  throw new Error(
    [
      `${set.name} cannot be had here:`,
      `  on PATH: no ${Object.keys(set.programs).join(", ")} of version ${set.atLeast} or later`,
      ...failures.map((failure) => `  ${failure}`),
    ].join("\n"),
  );
}

/** Builds what is this repository's own, unless that is done already. */
export async function findLocalBuild(set: BuildSpec, log: Log): Promise<Found> {
  const folder = cacheFolder("bin", `${set.module}-${set.version}`);
  const cached = inFolder(set, folder);
  if (cached) return cached;
  log(`${set.name} must be built (once; it is kept in ${folder})`);
  fs.mkdirSync(folder, { recursive: true });
  try {
    return inFolder(set, await build(set, folder, log)) as Found;
  } catch (error) {
    throw new Error(`${set.name} cannot be had here:\n  ${(error as Error).message}`, { cause: error });
  }
}

/** Paths of all programs of these sets, by name. */
export async function findTools(names: readonly ToolsetName[], log: Log): Promise<Found> {
  const found: Found = {};
  for (const name of names) Object.assign(found, await findSet(toolsets[name], log)); // one after the other: a build takes every core
  return found;
}
