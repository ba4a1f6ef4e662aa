// Loaded before the program: teaches Node TypeScript, and lets the program start in half the time.
const Module = require("node:module");
const path = require("node:path");
const v8 = require("node:v8");

// An old Node would fail somewhere in the middle, with words of its own.
const { engines } = require("./package.json");
const oldest = Number(/\d+/.exec(engines.node)[0]);
if (Number.parseInt(process.versions.node, 10) < oldest) {
  console.error(`homelab-mail needs Node ${oldest} or newer, and this is ${process.version}: https://nodejs.org/en/download`);
  process.exit(1);
}

// The cache of compiled code fits one set of V8's flags. Pulumi sets this one on its way, other users of these files do
// not; set by all from the start, the cache fits them all.
v8.setFlagsFromString("--allow-natives-syntax");
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

// What the SDK needs to ship a function to a provider: the TypeScript compiler and npm's package tree among it, and a
// debugger session that watches every file being loaded. Only registering the sign-in client ships functions, so that is
// all loaded when one of these functions is first called, and the debugger begins then.
const shipsFunctions = new Set(["./closure/codePaths", "./closure/serializeClosure"]);
const watchesFiles = "../../runtime/closure/v8Hooks";

const load = Module._load;
Module._load = function (request, parent, isMain) {
  if (request === mapsStackTraces) return {};
  const from = (...folder) => parent?.path?.endsWith(path.join("@pulumi", "pulumi", ...folder));
  if (request === watchesFiles && from("cmd", "run")) return { isInitializedAsync: async () => {} };
  if (!shipsFunctions.has(request) || !from("runtime")) return load.call(this, request, parent, isMain);
  const call = (name, args) => load.call(this, request, parent, isMain)[name](...args);
  return new Proxy({}, { get: (_, name) => (...args) => call(name, args) });
};
