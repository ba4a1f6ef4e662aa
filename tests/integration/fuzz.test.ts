import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { placeholders, quote, renderFetchmailrc } from "../../components/fetcher/fetchmailrc";
import { acceptedFiles } from "../support/acceptedFiles";
import { deploy } from "../support/deploy";

const SEED = 20261128;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "fuzz-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

test("fetchmail reads every fetcher's configuration of what is accepted, and means the same server by it", () => {
  const rcs = new Map<string, { host: string; port: number }>();
  for (const { config } of acceptedFiles(SEED, 1000)) {
    for (const inbox of ["INBOX", "Junk"] as const) {
      rcs.set(renderFetchmailrc({ imap: config.provider.imap, folder: inbox }), config.provider.imap);
    }
  }
  expect(rcs.size).toBeGreaterThan(4);
  for (const [rc, { host }] of rcs) {
    const values = {
      [placeholders.address]: "kinga@newjoy.ro",
      [placeholders.password]: 'p"\\ä#',
      [placeholders.folder]: "INBOX",
    };
    const whole = Object.entries(values).reduce((text, [gap, value]) => text.replaceAll(gap, quote(value)), rc);
    const { status, stdout, stderr } = spawnSync("fetchmail", ["-f", "-", "--configdump"], {
      input: whole,
      encoding: "utf8",
    });
    const complaints = stderr.split("\n").filter((line) => line !== "" && !line.includes("Running as root"));
    expect({ status, complaints, rc }).toEqual({ status: 0, complaints: [], rc });
    expect(stdout).toContain(host);
  }
});

test("PHP reads the webmail's configuration of what is accepted", async () => {
  let n = 0;
  for (const { file } of acceptedFiles(SEED, 40)) {
    const { recorder } = await deploy(file);
    for (const { inputs } of recorder.kind("ConfigMap")) {
      for (const [name, text] of Object.entries(inputs.data as Record<string, string>)) {
        if (name.endsWith(".php")) fs.writeFileSync(path.join(folder, `${n++}.php`), text);
      }
    }
  }
  expect(n).toBeGreaterThanOrEqual(40);
  const parse = "foreach (glob($argv[1] . '/*.php') as $f) token_get_all(file_get_contents($f), TOKEN_PARSE);";
  const { status, stdout, stderr } = spawnSync("php", ["-r", parse, folder], { encoding: "utf8" });
  expect({ status, says: `${stdout}${stderr}` }).toEqual({ status: 0, says: "" });
  fs.writeFileSync(path.join(folder, "wrong.php"), "<?php $config['a'] = 'it's';");
  expect(spawnSync("php", ["-r", parse, folder]).status).not.toBe(0); // the check itself can fail
});
