import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

const ROOT = path.join(__dirname, "..", "..");

/** The commit of release 0.1.0, for a clone without tags. */
const FIRST_RELEASE = "76149ddf769d4c4df14c03180c4891c91d1ce400";

const git = (...args: string[]): string =>
  execFileSync("git", args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();

/** The newest release before this commit. */
export function previousRelease(): string {
  try {
    return git("describe", "--tags", "--abbrev=0", "--match", "v*", "HEAD^");
  } catch {
    return FIRST_RELEASE;
  }
}

/** Puts a release's files into a folder, with the packages that are installed here. */
export function checkOut(release: string, folder: string): string {
  fs.mkdirSync(folder, { recursive: true });
  const archive = path.join(folder, "release.tar");
  git("archive", "--output", archive, release);
  execFileSync("tar", ["-xf", archive, "-C", folder]);
  fs.rmSync(archive);
  fs.symlinkSync(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"));
  return folder;
}
