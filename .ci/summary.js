// Adds up what jest wrote for each suite. Usage: node summary.js FOLDER SUITE...
const fs = require("node:fs");
const path = require("node:path");
const { stripVTControlCharacters } = require("node:util");

const [folder, ...suites] = process.argv.slice(2);
let passed = 0;
let failed = 0;

/** What a test or a file said when it failed, without colours and jest's own frames: enough to begin with. */
function reason(text) {
  const lines = stripVTControlCharacters(text).split("\n");
  const own = lines.filter((line) => line.trim() && !/^\s+at .*(node_modules|node:)/.test(line));
  return own.slice(0, 30).map((line) => `    ${line.slice(0, 300)}`);
}

for (const suite of suites) {
  const file = path.join(folder, `${suite}.json`);
  if (!fs.existsSync(file)) {
    console.log(`${suite}: ended before any test was run`);
    failed++;
    continue;
  }
  const result = JSON.parse(fs.readFileSync(file, "utf8"));
  // A file that does not load has no tests to count, and a test that is skipped proves nothing.
  const skipped = result.numPendingTests + result.numTodoTests;
  const broken = result.numRuntimeErrorTestSuites;
  const none = result.numTotalTests === 0 ? 1 : 0;
  const seconds = Number(fs.readFileSync(path.join(folder, `${suite}.seconds`), "utf8"));
  console.log(
    `${suite}: ${result.numPassedTests} passed, ${result.numFailedTests} failed, ${skipped} skipped, ${broken} broken, in ${Math.floor(seconds / 60)} min ${seconds % 60} s`,
  );
  for (const { name, message, assertionResults = [] } of result.testResults) {
    if (assertionResults.length === 0) console.log([`  broken: ${name}`, ...reason(message)].join("\n"));
    for (const { status, fullName, failureMessages = [] } of assertionResults) {
      if (status === "passed") continue;
      console.log([`  ${status}: ${fullName}`, ...failureMessages.flatMap(reason)].join("\n"));
    }
  }
  passed += result.numPassedTests;
  failed += result.numFailedTests + skipped + broken + none;
}

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
