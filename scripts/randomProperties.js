// `npm run test:random`: the property tests, with values that nobody has tried yet. FC_SEED=N repeats a run.
const { spawnSync } = require("node:child_process");
const { randomInt } = require("node:crypto");
const { readdirSync, readFileSync } = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
const unit = path.join(root, "tests", "unit");
const properties = readdirSync(unit, { recursive: true })
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => path.join(unit, file))
  .filter((file) => /\bfc\./.test(readFileSync(file, "utf8")));

const seed = process.env.FC_SEED ?? String(randomInt(2 ** 31));
const again = `seed ${seed}; the same again: FC_SEED=${seed} npm run test:random`;
console.log(again);
const jest = require.resolve("jest/bin/jest");
const { status } = spawnSync(process.execPath, [jest, ...process.argv.slice(2), "--runTestsByPath", ...properties], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, FC_SEED: seed },
});
if (status !== 0) console.log(again);
process.exit(status ?? 1);
