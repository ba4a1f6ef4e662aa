/** Unit tests only: nothing here needs more than Node, and Python for the program in the fetcher's pod. Suites that need servers live in jest.*.config.js files of their own. */
module.exports = {
  testEnvironment: "node",
  roots: ["<rootDir>/tests/unit"],
  setupFiles: ["<rootDir>/tests/support/seed.ts"],
  maxWorkers: "100%", // of two cores jest would leave one idle
  testTimeout: 900_000, // a hang ends; a busy machine is slow, not wrong
  transform: { "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }] },
};
