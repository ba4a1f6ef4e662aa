/** The fetcher against real servers: started by tests/integration/run.sh, in namespaces of its own. */
module.exports = {
  testEnvironment: "node",
  roots: ["<rootDir>/tests/integration"],
  setupFiles: ["<rootDir>/tests/support/seed.ts"],
  transform: { "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }] },
  testTimeout: 420_000,
  maxWorkers: 2,
  maxConcurrency: 12,
};
