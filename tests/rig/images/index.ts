import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { defaultImages } from "../../../config/images";
import { stalwartCli } from "../fakes/programs";
import { cacheFolder, findLocalBuild } from "../tools/find";
import type { Log } from "../tools/log";
import { type Files, type ImageArchive, writeArchive, writeLayer } from "./archive";
import { fakeIssuerImage, issuerFiles } from "./issuer";
import { webmailImage } from "./webmail";

/** What the programs of all images come from: one root file system for them all, so that it is made and kept once. */
const PACKAGES = [
  "ca-certificates",
  "curl",
  "fetchmail",
  "isync",
  "python3",
  "python3-aiosmtpd",
  "dovecot-imapd",
  "dovecot-managesieved",
  "apache2",
  "libapache2-mod-php",
  "php-curl",
  "php-gd",
  "php-intl",
  "php-sqlite3",
  "php-zip",
  "roundcube-core",
  "roundcube-plugins",
  "roundcube-sqlite3",
];

const here = (...parts: string[]): string => path.join(__dirname, ...parts);

const read = (...parts: string[]): string => fs.readFileSync(here(...parts), "utf8");

/** Runs base.sh and reports its progress now and then. */
function makeBase(target: string, log: Log): Promise<void> {
  return new Promise((resolve, reject) => {
    const last: string[] = [];
    let spoke = Date.now();
    const child = spawn("bash", [here("base.sh"), target, ...PACKAGES], { stdio: ["ignore", "pipe", "pipe"] });
    const received = (line: string): void => {
      last.push(line);
      if (last.length > 8) last.shift();
      if (Date.now() - spoke < 15_000) return;
      spoke = Date.now();
      log(`  ${line.slice(0, 100)}`);
    };
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", received);
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`the root file system could not be made:\n    ${last.join("\n    ")}`));
    });
  });
}

function baseFile(): string {
  const version = createHash("sha256").update(read("base.sh")).update(PACKAGES.join(" ")).digest("hex").slice(0, 12);
  return cacheFolder("images", `base-${version}.tar`);
}

/** Whether the part that takes minutes has been done on this machine. */
export const imagesAreMade = (): boolean => fs.existsSync(baseFile());

async function base(log: Log): Promise<string> {
  const target = baseFile();
  if (fs.existsSync(target)) return target;
  log(`The images' root file system must be made from Debian packages (once; it is kept in ${path.dirname(target)})`);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  await makeBase(target, log);
  return target;
}

const schema = here("../../../../shared/stalwart/schema.json");

/** Stands for Stalwart: its user, its program's place, and what a shell in it finds. */
const mailServer: Files = {
  "usr/local/bin/stalwart": { content: read("../fakes/stalwart", "stalwart"), mode: 0o755 },
  ...Object.fromEntries(
    fs
      .readdirSync(here("../fakes/stalwart"))
      .filter((file) => /\.(py|txt)$/.test(file))
      .map((file) => [`usr/local/lib/stalwart/${file}`, { content: read("../fakes/stalwart", file) }]),
  ),
  // The server's own schema, where it lies beside this repository: what it does not have is refused.
  ...(fs.existsSync(schema) && { "usr/local/lib/stalwart/schema.json": { content: fs.readFileSync(schema, "utf8") } }),
  "usr/local/lib/stalwart/checkpassword": { content: read("../fakes/stalwart", "checkpassword"), mode: 0o755 },
  "usr/local/lib/stalwart/dovecot.conf": { content: read("../fakes/stalwart", "dovecot.conf") },
  "usr/local/lib/stalwart/oauth2.conf": { content: read("../fakes/stalwart", "oauth2.conf") },
  "etc/passwd": {
    content: "root:x:0:0::/root:/bin/sh\nstalwart:x:2000:2000::/tmp:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n",
  },
  "etc/group": { content: "root:x:0:\nstalwart:x:2000:\nnogroup:x:65534:\n" },
  "etc/stalwart/config.json": { content: "{}" },
};

const webmail: Files = {
  "docker-entrypoint.sh": { content: read("roundcube", "entrypoint"), mode: 0o755 },
  "usr/local/bin/apache2-foreground": { content: read("roundcube", "apache2-foreground"), mode: 0o755 },
  "etc/apache2-webmail.conf": { content: read("roundcube", "apache.conf") },
  "etc/apache2/conf-enabled/README": { content: "Further settings of Apache's: *.conf\n" },
  "usr/src/initdb.php": { content: read("roundcube", "initdb.php") },
  "usr/src/static.php": { content: read("roundcube", "static.php") },
  "usr/local/etc/php/conf.d/README": { content: "Further settings of PHP's.\n" },
  "var/roundcube/config/README": { content: "Further settings of Roundcube's: *.php\n" },
  "var/roundcube/db/README": { content: "The database.\n" },
};

/** Every image that the stack's pods need, in one archive; made from Debian packages where that has not been done yet. */
export async function buildImages(log: Log): Promise<ImageArchive> {
  const shared = await base(log);
  const { "stalwart-cli": program } = (await findLocalBuild(stalwartCli, log)) as { "stalwart-cli": string };
  const Env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"];
  const folder = cacheFolder("images");
  return writeArchive(folder, [
    { reference: defaultImages.fetchmail, layers: [shared], config: { Env } },
    {
      reference: defaultImages.stalwart,
      layers: [shared, writeLayer(folder, mailServer)],
      config: { Env, User: "2000:2000", Entrypoint: ["/usr/local/bin/stalwart"] },
    },
    {
      reference: defaultImages.roundcube,
      layers: [shared, writeLayer(folder, webmail)],
      config: { Env, ...webmailImage },
    },
    {
      reference: fakeIssuerImage,
      layers: [shared, writeLayer(folder, issuerFiles())],
      config: { Env, User: "65534:65534", Entrypoint: ["/usr/local/bin/node", "/srv/issuer.mjs"] },
    },
    {
      reference: defaultImages.imapsync,
      layers: [
        shared,
        writeLayer(folder, {
          "usr/local/bin/imapsync": { content: read("../fakes/imapsync", "imapsync"), mode: 0o755 },
        }),
      ],
      config: { Env, User: "65534:65534" },
    },
    {
      reference: defaultImages.stalwartCli,
      layers: [
        writeLayer(folder, { "usr/local/bin/stalwart-cli": { content: fs.readFileSync(program), mode: 0o755 } }),
      ],
      config: { User: "65532:65532", Entrypoint: ["/usr/local/bin/stalwart-cli"] },
    },
  ]);
}
