import * as path from "node:path";
import type { Buildable } from "../tools/catalog";
import { fingerprint } from "../tools/localBuilds";

/** A program of this repository, published nowhere: built anew when its folder under go/ has changed. */
const ownProgram = (folder: string): Pick<Buildable, "version" | "source"> => {
  const source = path.join(__dirname, "go", folder);
  return { version: fingerprint(source), source };
};

export const pulumiPlugins: Buildable = {
  ...ownProgram("plugins"),
  name: "The stand-in for Pulumi's plugins",
  module: "standin",
  programs: { standin: "." },
};

/** Stands for the pause image's program, which holds a pod's namespaces open. */
export const pause: Buildable = {
  ...ownProgram("pause"),
  name: "The pause image's program",
  module: "pause",
  programs: { pause: "." },
  isStatic: true,
};

/** Stands for the mail server's command line tool; what it talks to is in ../images. */
export const stalwartCli: Buildable = {
  ...ownProgram("stalwart-cli"),
  name: "The stand-in for stalwart-cli",
  module: "cli",
  programs: { "stalwart-cli": "." },
  isStatic: true,
};
