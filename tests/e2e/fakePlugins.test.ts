import { execFileSync } from "node:child_process";
import * as path from "node:path";
import { onPath } from "../rig/tools/find";

const FOLDER = path.join(__dirname, "..", "..", "tests", "rig", "fakes", "go", "plugins");

const said = (command: string, args: readonly string[]): string =>
  execFileSync(command, args, { cwd: FOLDER, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();

// Where everything else was downloaded there may be no Go, and then no fake either.
(onPath("go") ? test : test.skip)(
  "the fake of Pulumi's plugins passes its tests, and neither go vet nor gofmt finds anything",
  () => {
    const likeTheBuild = "-trimpath"; // what it compiled need not be compiled again
    expect(said("go", ["vet", likeTheBuild, "./..."])).toBe("");
    expect(said("go", ["test", likeTheBuild, "-count=1", "-vet=off", "./..."])).toMatch(/^ok\s/);
    expect(said(path.join(said("go", ["env", "GOROOT"]), "bin", "gofmt"), ["-l", "."])).toBe("");
  },
);
