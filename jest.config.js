/** What all suites share. */
const shared = (name, options) => ({
  displayName: name,
  rootDir: __dirname,
  roots: [`<rootDir>/tests/${name}`],
  testEnvironment: "node",
  transform: { "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }] },
  ...options,
});

const seeded = { setupFiles: ["<rootDir>/tests/support/seed.ts"] };

/** Needs nothing but Node, and Python for the programs in pods. */
const unit = shared("unit", seeded);

/** They need servers or a node. Their npm scripts prepare those and select them with --selectProjects. */
const others = [
  shared("e2e", {
    globalSetup: "<rootDir>/tests/e2e/support/setup.ts",
    globalTeardown: "<rootDir>/tests/e2e/support/teardown.ts",
  }),
  shared("integration", seeded),
  shared("webmail", seeded),
  shared("live", seeded),
];

/** What jest takes for a whole run only. The integration suite waits most of its time. */
const runs = { unit: { maxWorkers: "100%" }, integration: { maxWorkers: 3, maxConcurrency: 12 } };

const option = process.argv.indexOf("--selectProjects");
const suite = option < 0 ? "unit" : process.argv[option + 1];

/** `npx jest` without a selection means the unit tests. */
module.exports = {
  projects: option < 0 ? [unit] : [unit, ...others],
  maxWorkers: 1,
  // A hang ends; a busy machine is slow, not wrong. Jest ignores the option in a project.
  testTimeout: 900_000,
  ...runs[suite],
};
