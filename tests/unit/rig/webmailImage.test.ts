import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeArchive, writeLayer } from "../../rig/images/archive";
import { webmailImage } from "../../rig/images/webmail";

const entrypoint = join(__dirname, "../../rig/images/roundcube/entrypoint");

test("the fake webmail image does nothing without the official image's command and working folder", () => {
  const run = (...command: string[]) =>
    spawnSync("bash", [entrypoint, ...command], { cwd: __dirname, encoding: "utf8" });
  for (const command of [[], ["sleep"], ["apache2-foreground"]]) {
    expect(run(...command)).toMatchObject({ status: 1, stdout: "", stderr: "" });
  }
});

test("an image that the rig writes has its user, entrypoint, command and working folder", () => {
  const folder = mkdtempSync(join(tmpdir(), "image-"));
  try {
    const layers = [writeLayer(folder, { "srv/README": { content: "A file.\n" } })];
    const { archive } = writeArchive(folder, [{ reference: "webmail:1@sha256:0", layers, config: webmailImage }]);
    const read = (file: string) => JSON.parse(execFileSync("tar", ["-xOf", archive, file], { encoding: "utf8" }));
    const [{ Config, RepoTags }] = read("manifest.json");
    expect(RepoTags).toEqual(["webmail:1"]);
    expect(read(Config).config).toEqual(webmailImage);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
