/** Unit tests only: nothing here needs more than Node. Suites that need servers live in jest.*.config.js files of their own. */
module.exports = {
  testEnvironment: "node",
  roots: ["<rootDir>/tests/unit"],
  transform: { "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }] },
};
