/** The fetcher against real servers: started by tests/integration/run.sh, in namespaces of its own. */
module.exports = {
  testEnvironment: "node",
  roots: ["<rootDir>/tests/integration"],
  setupFiles: ["<rootDir>/tests/support/seed.ts"],
  transform: { "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }] },
  testTimeout: 900_000, // a hang ends; a busy machine is slow, not wrong
  maxWorkers: 3,
  maxConcurrency: 12,
};
