/** The webmail in a real browser, against real servers: tests/webmail/run.sh prepares the ground and starts this. */
module.exports = {
  ...require("./jest.config.js"),
  roots: ["<rootDir>/tests/webmail"],
  maxWorkers: 1,
  testTimeout: 900_000, // a hang ends; a busy machine is slow, not wrong
};
