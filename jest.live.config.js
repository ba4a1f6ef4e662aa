/** The whole stack on a real node: a kubelet, containers, network policies. tests/live/main.ts starts it. */
module.exports = {
  ...require("./jest.config.js"),
  roots: ["<rootDir>/tests/live"],
  maxWorkers: 1,
  testTimeout: 900_000, // the slowest promise is one of ten minutes
};
