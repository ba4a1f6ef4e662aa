import { existsSync } from "node:fs";
import { mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";

const ASIDE = "no-longer-in-the-mailbox";

/** The folder for files that the mailbox no longer has. */
export async function asideFor(target: string, name: string): Promise<string> {
  const folder = join(target, ASIDE, name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Moves files of an earlier run that the mailbox no longer has to another folder, because an import would restore them. */
export async function putAside(
  target: string,
  folder: string,
  isOld: (name: string) => boolean,
  place = folder,
): Promise<void> {
  const all = existsSync(join(target, folder)) ? await readdir(join(target, folder)) : [];
  for (const name of all.filter(isOld)) {
    const aside = await asideFor(target, place);
    let to = join(aside, name);
    for (let n = 2; existsSync(to); n += 1) to = join(aside, `${name}-${n}`);
    await rename(join(target, folder, name), to);
  }
}
