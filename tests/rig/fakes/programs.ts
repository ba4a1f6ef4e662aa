import * as path from "node:path";
import type { BuildSpec } from "../tools/catalog";
import { fingerprint } from "../tools/localBuilds";

/** A program of this repository, published nowhere: built anew when its folder under go/ has changed. */
const ownProgram = (folder: string): Pick<BuildSpec, "version" | "source"> => {
  const source = path.join(__dirname, "go", folder);
  return { version: fingerprint(source), source };
};

export const pulumiPlugins: BuildSpec = {
  ...ownProgram("plugins"),
  name: "The fake of Pulumi's plugins",
  module: "pulumi-plugins",
  programs: { "pulumi-plugins": "." },
};

/** Replaces the pause image's program, which holds a pod's namespaces open. */
export const pause: BuildSpec = {
  ...ownProgram("pause"),
  name: "The pause image's program",
  module: "pause",
  programs: { pause: "." },
  isStatic: true,
};

/** Replaces the mail server's command line tool; it talks to the fake in ./stalwart. */
export const stalwartCli: BuildSpec = {
  ...ownProgram("stalwart-cli"),
  name: "The fake of stalwart-cli",
  module: "cli",
  programs: { "stalwart-cli": "." },
  isStatic: true,
};
