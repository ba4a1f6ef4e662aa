import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const itInPhp = spawnSync("php", ["-v"]).status === 0 ? it : it.skip;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "session-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a request prints that runs this code, with one of the stack's programs loaded; all share files for locks. */
async function request(program: string, code: string): Promise<string> {
  const file = join(__dirname, "../../../../components/webmail/program", program);
  const args = [join(__dirname, "roundcube.php"), folder, file, code];
  return (await promisify(execFile)("php", args, { env: { ...process.env, TMPDIR: folder }, timeout: 60_000 })).stdout;
}
const noted = (name: string): string =>
  existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : "";
const store = (expires: number, password: string): void => {
  const token = `s:11:"oauth_token";a:1:{s:7:"expires";i:${expires};}`;
  writeFileSync(join(folder, "session"), `a:2:{${token}s:8:"password";s:${password.length}:"${password}";}`);
};

const SESSION = "$session = rcmail::get_instance()->session = new rcube_session_homelab();";
const LATER = Math.floor(Date.now() / 1000) + 3600;

describe("requests of one session", () => {
  itInPhp(
    "two requests of one webmail session refresh a token that has ended once, and both go on with the new one",
    async () => {
      store(1, "old");
      const renew = `${SESSION} $session->renew(); echo $_SESSION['password'];`;
      expect(await Promise.all([renew, renew].map((code) => request("session.php", code)))).toEqual(["new", "new"]);
      expect(noted("refreshes")).toBe("x");
    },
  );

  itInPhp("requests of a webmail session do not bring back the tokens that they began with", async () => {
    store(LATER, "new");
    const ends = `${SESSION} $session->update(session_id(), serialize($_SESSION + ['page' => 2]), serialize($_SESSION));`;
    await request("session.php", ends);
    expect(noted("session")).toContain('s:3:"new"');
    expect(noted("session")).toContain('s:4:"page"');
  });

  itInPhp(
    "a request of a webmail session refreshes a token with less than a minute left before it sends, and not before it reads",
    async () => {
      const hook = (name: string): string =>
        `${SESSION} $_SESSION['oauth_token']['expires'] = time() + 50;
      $session->update('', serialize($_SESSION), '');
      (rcube_plugin_api::get_instance()->hooks['${name}'])([]); echo $_SESSION['password'];`;
      expect(await request("session.php", hook("storage_init"))).toBe("old");
      expect(await request("session.php", hook("smtp_connect"))).toBe("new");
    },
  );
});

describe("the issuer's discovery document", () => {
  const discover = "echo json_encode(homelab_issuer::discover('https://auth.newjoy.ro/', true, false));";
  /** What the last request that asked has left, so many seconds ago. */
  const left = (seconds: number, answers: boolean): string =>
    `file_put_contents(sys_get_temp_dir() . '/homelab-mail-issuer.json',
      json_encode(['at' => time() - ${seconds}, 'answers' => ${answers}, 'document' => ['issuer' => 'known']]));`;
  const asked = async (code: string): Promise<boolean> => {
    rmSync(join(folder, "requests"), { force: true });
    await request("issuer.php", code + discover);
    return noted("requests") !== "";
  };

  itInPhp(
    "the issuer's discovery document is fetched for five seconds at most, and a failure keeps the known one",
    async () => {
      writeFileSync(join(folder, "away"), "");
      const { answers, document } = JSON.parse(await request("issuer.php", left(60, true) + discover));
      expect({ answers, document }).toEqual({ answers: false, document: { issuer: "known" } });
      expect(JSON.parse(noted("requests"))).toEqual({ timeout: 5, connect_timeout: 5 });
      expect(JSON.parse(noted("homelab-mail-issuer.json")).answers).toBe(false);
    },
  );

  itInPhp(
    "the issuer's discovery document is fetched again some seconds after an answer, and later after a failure",
    async () => {
      expect([await asked(left(0, true)), await asked(left(6, true))]).toEqual([false, true]);
      expect([await asked(left(0, false)), await asked(left(6, false)), await asked(left(15, false))]).toEqual([
        false,
        false,
        true,
      ]);
    },
  );

  itInPhp("a request does not wait for the issuer's discovery document while another request fetches it", async () => {
    const fetching =
      "$other = fopen(sys_get_temp_dir() . '/homelab-mail-issuer.json.lock', 'c'); flock($other, LOCK_EX);";
    expect(await asked(fetching)).toBe(false);
  });
});
