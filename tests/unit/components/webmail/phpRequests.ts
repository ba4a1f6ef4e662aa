import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export const itInPhp = spawnSync("php", ["-v"]).status === 0 ? it : it.skip;

/** Requests to the stack's PHP programs, in as much of Roundcube as they touch. Those of one test share a folder. */
export function phpRequests() {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "webmail-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const path = (name: string): string => join(folder, name);
  return {
    path,
    /** What a request prints that runs this code, with one of the programs loaded. */
    async request(program: string, code: string): Promise<string> {
      const file = join(__dirname, "../../../../components/webmail/program", program);
      const args = [join(__dirname, "roundcube.php"), folder, file, code];
      const options = { env: { ...process.env, TMPDIR: folder }, timeout: 60_000 };
      return (await promisify(execFile)("php", args, options)).stdout;
    },
    /** What a request wrote into the folder. */
    noted: (name: string): string => (existsSync(path(name)) ? readFileSync(path(name), "utf8") : ""),
    /** Leaves something for the requests that follow. */
    leave: (name: string, text = ""): void => writeFileSync(path(name), text),
  };
}
