import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { platform } from "../tools/download";

/** A docker archive (as `docker save` writes it), and what to call the images in it. */
export interface ImageArchive {
  readonly archive: string;
  readonly images: readonly {
    /** The image's name in the archive. */
    readonly name: string;
    /** What pods ask for, with tag and digest. */
    readonly reference: string;
  }[];
}

export interface Image {
  readonly reference: string;
  /** Tar files, the lowest layer first. */
  readonly layers: readonly string[];
  readonly config: {
    readonly User?: string;
    readonly Entrypoint?: readonly string[];
    readonly Cmd?: readonly string[];
    readonly WorkingDir?: string;
    readonly Env?: readonly string[];
  };
}

/** Files of a layer, by path. All of them belong to root. */
export type Files = Readonly<Record<string, { readonly content: string | Buffer; readonly mode?: number }>>;

const sha256 = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");

const sumOf = (file: string): string => execFileSync("sha256sum", [file], { encoding: "utf8" }).slice(0, 64);

/** A layer of these files, made once for what is in them; gives its path. */
export function writeLayer(folder: string, files: Files): string {
  const hash = createHash("sha256");
  for (const [file, { content, mode }] of Object.entries(files)) hash.update(`${file}\0${mode}\0`).update(content);
  const target = path.join(folder, `layer-${hash.digest("hex").slice(0, 12)}.tar`);
  if (fs.existsSync(target)) return target;
  const scratch = fs.mkdtempSync(`${target}-`);
  try {
    for (const [file, { content, mode = 0o644 }] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(scratch, file)), { recursive: true, mode: 0o755 });
      fs.writeFileSync(path.join(scratch, file), content);
      fs.chmodSync(path.join(scratch, file), mode);
    }
    const owner = ["--owner=0", "--group=0", "--mtime=@0", "--sort=name"];
    execFileSync("tar", [...owner, "-C", scratch, "-cf", `${target}.new`, ...fs.readdirSync(scratch)]);
    fs.renameSync(`${target}.new`, target);
  } finally {
    fs.rmSync(scratch, { recursive: true });
  }
  return target;
}

/** Packs images into one archive, in which a layer that several of them have is there once. */
export function writeArchive(folder: string, images: readonly Image[]): ImageArchive {
  const named = images.map((image) => ({ ...image, name: image.reference.split("@")[0] as string }));
  const archive = path.join(folder, `images-${sha256(JSON.stringify(named)).slice(0, 12)}.tar`);
  const result = { archive, images: named.map(({ name, reference }) => ({ name, reference })) };
  if (fs.existsSync(archive)) return result;
  const scratch = fs.mkdtempSync(`${archive}-`);
  try {
    const sums = new Map<string, string>();
    for (const layer of new Set(named.flatMap(({ layers }) => layers))) {
      sums.set(layer, sumOf(layer));
      fs.linkSync(layer, path.join(scratch, `${sums.get(layer)}.tar`));
    }
    const manifest = named.map(({ name, layers, config }) => {
      const text = JSON.stringify({
        architecture: platform.arch,
        os: "linux",
        config,
        rootfs: { type: "layers", diff_ids: layers.map((layer) => `sha256:${sums.get(layer)}`) },
      });
      const Config = `${sha256(text)}.json`;
      fs.writeFileSync(path.join(scratch, Config), text);
      return { Config, RepoTags: [name], Layers: layers.map((layer) => `${sums.get(layer)}.tar`) };
    });
    fs.writeFileSync(path.join(scratch, "manifest.json"), JSON.stringify(manifest));
    execFileSync("tar", ["-C", scratch, "-cf", `${archive}.new`, ...fs.readdirSync(scratch)]);
    fs.renameSync(`${archive}.new`, archive);
  } finally {
    fs.rmSync(scratch, { recursive: true });
  }
  for (const file of fs.readdirSync(folder)) {
    const old = path.join(folder, file);
    if (/^images-\w+\.tar$/.test(file) && old !== archive) fs.rmSync(old); // most of a gigabyte, and nobody asks for it again
  }
  return result;
}
