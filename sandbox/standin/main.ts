/**
 * Stands in for a Pulumi resource plugin on machines where the real one is neither installed nor to be downloaded.
 * Never used beside the real one: see ../plugins.ts.
 */
import * as path from "node:path";
import { KubernetesPlugin } from "./kubernetes";
import { RandomPlugin } from "./random";
import { serve } from "./rpc";

const [name = "", version = ""] = process.argv.slice(2);
const plugin = { kubernetes: KubernetesPlugin, random: RandomPlugin }[name];
if (!plugin) throw new Error(`usage: ${path.basename(__filename)} kubernetes|random VERSION`);
serve(new plugin(version));
