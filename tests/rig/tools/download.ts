import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { type Platform, pulumiVersion, type Toolset } from "./catalog";
import type { Log } from "./log";

const run = promisify(execFile);

export const platform: Platform = { os: os.platform(), arch: { x64: "amd64" }[os.arch() as string] ?? os.arch() };

/** Whether a site answers at all, decided quickly: on a machine without the internet every start would wait otherwise. */
export async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(5_000) });
    return true;
  } catch {
    return false;
  }
}

async function get(url: string, timeout: number): Promise<Buffer> {
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(timeout) });
  } catch (error) {
    throw new Error(`${new URL(url).host} cannot be reached`, { cause: error });
  }
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

/** Refuses what is not what the publisher's list of sums says. */
export function verify(content: Buffer, sums: string, url: string): void {
  const actual = createHash("sha256").update(content).digest("hex");
  const file = path.basename(new URL(url).pathname);
  const listed = sums.split("\n").find((line) => line.includes(file)) ?? sums;
  if (!listed.includes(actual)) throw new Error(`${url} is not what its publisher's checksum says`);
}

/** The CLI comes with npm's `pulumi`, which downloads it at its first run into Pulumi's own folder. */
async function downloadPulumi(log: Log): Promise<string> {
  const home = process.env.PULUMI_HOME ?? path.join(os.homedir(), ".pulumi");
  const folder = path.join(home, "versions", pulumiVersion, "bin");
  if (fs.existsSync(path.join(folder, "pulumi"))) return folder;
  if (!(await answers("https://get.pulumi.com"))) throw new Error("download: get.pulumi.com cannot be reached");
  log(`  npx pulumi@${pulumiVersion}`);
  await run("npx", ["--yes", `pulumi@${pulumiVersion}`, "version"], { timeout: 600_000 });
  return folder;
}

/** Fetches a set's published programs into the folder; throws when this platform or this network has none. */
export async function download(set: Toolset, folder: string, log: Log): Promise<string | undefined> {
  if (set.module === "pulumi") return downloadPulumi(log);
  for (const program of Object.keys(set.programs)) {
    const source = set.download?.(program, platform);
    if (!source) throw new Error(`download: none is known for ${program} on ${platform.os}/${platform.arch}`);
    const sums = source.sums && (await get(source.sums, 10_000)).toString();
    log(`  downloading ${source.url}`);
    const content = await get(source.url, 600_000);
    if (sums) verify(content, sums, source.url);
    const target = path.join(folder, program);
    await place(content, target, source.member);
  }
  return folder;
}

/** Writes the program beside its place first, so that a download cut short leaves nothing that looks whole. */
async function place(content: Buffer, target: string, member: string | undefined): Promise<void> {
  const scratch = fs.mkdtempSync(`${target}-`);
  try {
    const file = path.join(scratch, "download");
    fs.writeFileSync(file, content);
    if (member) await run("tar", ["-xzf", file, "-C", scratch, member]);
    const program = member ? path.join(scratch, member) : file;
    fs.chmodSync(program, 0o755);
    fs.renameSync(program, target);
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}
