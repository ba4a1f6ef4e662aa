import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const FILE = "export.json";
const shape = z.object({
  format: z.literal(1),
  /** The names of the address books, by file. */
  contacts: z.record(z.string(), z.string()).default({}),
  /** The names of the filters, by file, and which one is active. */
  sieve: z.record(z.string(), z.object({ name: z.string(), active: z.boolean() })).default({}),
});

/** The information about an export that its files cannot contain. */
export type Manifest = z.infer<typeof shape>;

export const manifestFile = (folder: string): string => join(folder, FILE);

/** The manifest of a folder that an export wrote; undefined for any other folder. */
export function readManifest(folder: string): Manifest | undefined {
  if (!existsSync(manifestFile(folder))) return undefined;
  const parsed = shape.safeParse(JSON.parse(readFileSync(manifestFile(folder), "utf8")));
  return parsed.success ? parsed.data : undefined;
}
