import { spawnSync } from "node:child_process";
import * as path from "node:path";

const ROOT = path.join(__dirname, "..", "..", "..");

/** Runs JavaScript as Pulumi starts the program: Node with start.cjs before it. Gives what it prints as JSON. */
function started(script: string): unknown {
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--require", "./start.cjs", "-e", script], {
    cwd: ROOT,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

test("the program starts without the compiler, and Pulumi still gets it when it ships a function to a provider", () => {
  const script = `
    const heavy = () => Object.keys(require.cache).filter((file) => /node_modules.(typescript|@npmcli)./.test(file)).length;
    const { runtime } = require("@pulumi/pulumi");
    const before = heavy();
    const answer = 42;
    runtime.serializeFunction(() => answer).then(({ text }) => {
      console.log(JSON.stringify({ before, after: heavy() > 0, text }));
    });`;
  expect(started(script)).toEqual({ before: 0, after: true, text: expect.stringContaining("answer: 42") });
});

test("the program's own TypeScript runs as it is", () => {
  const script = `console.log(JSON.stringify(Object.keys(require("./components/shared/names.ts"))))`;
  expect(started(script)).toContain("names");
});
