// Loaded before the program: teaches Node TypeScript, and makes the program start faster.
const Module = require("node:module");

// An old Node would fail somewhere in the middle, with words of its own.
const { engines } = require("./package.json");
const oldest = Number(/\d+/.exec(engines.node)[0]);
if (Number.parseInt(process.versions.node, 10) < oldest) {
  console.error(`homelab-mail needs Node ${oldest} or newer, and this is ${process.version}: https://nodejs.org/en/download`);
  process.exit(1);
}

// Compiled code is kept for the next run, where Node can.
Module.enableCompileCache?.();

// tsx by itself also reads and translates every JavaScript file of every dependency, a thousand of them, and that took half
// of a preview's time. They are JavaScript already: they get Node's own loader back.
const javascript = Module._extensions[".js"];
require("tsx/cjs");
Module._extensions[".js"] = javascript;

// An error in the program shows its line in the .ts file: Node maps it, for this program's files only. Pulumi notes where each
// resource was declared and each promise was made; looking every place up in the SDK's own source maps, as its
// source-map-support does, costs more than the resource does, and that package would keep Node from mapping at all.
const mapsStackTraces = "source-map-support/register";
if (Module.setSourceMapsSupport) Module.setSourceMapsSupport(true, { nodeModules: false, generatedCode: false });
else process.setSourceMapsEnabled?.(false); // before Node 22.14 there is only all or nothing

const load = Module._load;
Module._load = function (request, parent, isMain) {
  return request === mapsStackTraces ? {} : load.call(this, request, parent, isMain);
};
