// Loaded before the program: teaches Node TypeScript, and nothing more than that.
//
// tsx by itself also reads and translates every JavaScript file of every dependency, a thousand of them, and that took half
// of a preview's time. They are JavaScript already: they get Node's own loader back, and its cache of compiled code.
const Module = require("node:module");

const javascript = Module._extensions[".js"];
Module.enableCompileCache?.();
require("tsx/cjs");
Module._extensions[".js"] = javascript;
// Pulumi notes where each resource was declared; looking each place up in a source map costs more than the resource does.
process.setSourceMapsEnabled?.(false);
