/** End to end: a real Pulumi engine and a real API server, one for the whole run. Needs what `npm run sandbox` needs. */
module.exports = {
  testEnvironment: "node",
  roots: ["<rootDir>/tests/e2e"],
  transform: { "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }] },
  globalSetup: "<rootDir>/tests/e2e/support/setup.ts",
  globalTeardown: "<rootDir>/tests/e2e/support/teardown.ts",
  testTimeout: 900_000, // a hang ends; a busy machine is slow, not wrong
};
