import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
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

describe("Node", () => {
  const manifest = (...parts: string[]) =>
    JSON.parse(fs.readFileSync(path.join(ROOT, ...parts, "package.json"), "utf8"));
  const oldest = /\d+/.exec(manifest().engines.node)?.[0];

  test("the oldest Node that the SDK accepts is the one in package.json and the README, and the tests run on a newer one", () => {
    expect(manifest("node_modules", "@pulumi", "pulumi").engines.node).toBe(manifest().engines.node);
    expect(fs.readFileSync(path.join(ROOT, "README.md"), "utf8")).toContain(`Node ${oldest} or newer`);
    expect(Number.parseInt(process.versions.node, 10)).toBeGreaterThanOrEqual(Number(oldest));
  });

  test("a Node that is too old gets one line with the version that is needed", () => {
    const older = `Object.defineProperty(process, "version", { value: "v20.1.0" });
      Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.1.0" } });`;
    const args = ["-e", `${older} require("./start.cjs")`];
    const { stderr, status } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr.trim().split("\n")).toEqual([
      expect.stringContaining(`needs Node ${oldest} or newer, and this is v20.1.0`),
    ]);
  });
});

test("an error of the program shows its line in the .ts file", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "start-"));
  const file = path.join(folder, "program.ts");
  fs.writeFileSync(
    file,
    [
      "interface Shape {",
      "  readonly size: number;",
      "}",
      "",
      "export const fails = (shape: Shape): number => {",
      "  throw new Error(`size ${shape.size}`);",
      "};",
      "",
    ].join("\n"),
  );
  const script = `
    require("@pulumi/pulumi");
    try { require(${JSON.stringify(file)}).fails({ size: 1 }); }
    catch (error) { console.log(JSON.stringify(error.stack)); }`;
  const stack = started(script);
  fs.rmSync(folder, { recursive: true });
  expect(stack).toContain(`${file}:6:`);
});

test("the program's own TypeScript can be loaded by its file names", () => {
  const script = `console.log(JSON.stringify(Object.keys(require("./config/names.ts"))))`;
  expect(started(script)).toContain("names");
});
