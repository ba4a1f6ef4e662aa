import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

const ROOT = path.join(__dirname, "..", "..");

/** The oldest commit from which an upgrade is rehearsed, for a clone without tags. */
const OLDEST = "0a8ca211820651e5d11e442eb10de0fbd94899a0";

const git = (...args: string[]): string =>
  execFileSync("git", args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();

/** The newest release before this commit. */
export function previousRelease(): string {
  try {
    return git("describe", "--tags", "--abbrev=0", "--match", "v*", "HEAD^");
  } catch {
    return OLDEST;
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
