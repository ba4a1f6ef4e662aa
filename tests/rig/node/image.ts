import * as fs from "node:fs";
import type { ProcessFolder } from "../cluster/processes";
import { pause } from "../fakes/programs";
import { type ImageArchive, writeArchive, writeLayer } from "../images/archive";
import { findLocalBuild } from "../tools/find";
import type { Log } from "../tools/log";
import { PAUSE_IMAGE } from "./files";

/** What holds a pod's namespaces open. */
export async function pauseImage({ path }: ProcessFolder, log: Log): Promise<ImageArchive> {
  const { pause: program } = (await findLocalBuild(pause, log)) as { pause: string };
  const layer = writeLayer(path, { pause: { content: fs.readFileSync(program), mode: 0o755 } });
  const config = { User: "65535:65535", Entrypoint: ["/pause"] };
  return writeArchive(path, [{ reference: PAUSE_IMAGE, layers: [layer], config }]);
}

/**
 * How containerd spells a reference: with its registry, and with its digest in place of the tag. It looks images up by that
 * name and does not compare the digest, so pods get what was imported for just what the stack asks for.
 */
export function namesOf(reference: string): string[] {
  const [name = "", digest] = reference.split("@");
  const first = name.split("/")[0] as string;
  const full =
    name.includes("/") && /[.:]/.test(first) ? name : `docker.io/${name.includes("/") ? "" : "library/"}${name}`;
  const untagged = full.replace(/:[^/:]*$/, "");
  return digest ? [full, `${full}@${digest}`, `${untagged}@${digest}`] : [full];
}
