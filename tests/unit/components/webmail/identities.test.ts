import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identities } from "../../../../components/webmail/identities";
import { sampleMailbox } from "../../../support/sample";

const folder = mkdtempSync(join(tmpdir(), "identities-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const alpar = sampleMailbox("alpar", { aliases: ["boss", "info"], displayName: "Alpár" });
const text = identities("newjoy.ro", [alpar, sampleMailbox("kinga")]);

it("the webmail gets for each account the addresses that it sends as, and their names", () => {
  expect(JSON.parse(text)).toEqual({
    "alpar@newjoy.ro": { name: "Alpár", addresses: ["alpar@newjoy.ro", "boss@newjoy.ro", "info@newjoy.ro"] },
    "kinga@newjoy.ro": { name: "kinga", addresses: ["kinga@newjoy.ro"] },
  });
});

const itInPhp = spawnSync("php", ["-v"]).status === 0 ? it : it.skip;

/** What a sign-in as `user` adds to the identities that are there. */
function added(user: string, known: readonly string[], file: string): { email: string; name: string }[] {
  const program = join(__dirname, "../../../../components/webmail/program/identities.php");
  const script = `
    class User {
      public $added = [];
      function list_identities() { return array_map(fn ($e) => ['email' => $e], json_decode($GLOBALS['argv'][2])); }
      function insert_identity($identity) { $this->added[] = $identity; }
    }
    class rcmail { public $user; function __construct() { $this->user = new User(); }
      function get_user_name() { return $GLOBALS['argv'][1]; } }
    eval(file_get_contents($argv[3]));
    $rcmail = new rcmail();
    homelab_identities::provision($rcmail, $argv[4]);
    echo json_encode($rcmail->user->added);`;
  return JSON.parse(
    execFileSync("php", ["-r", script, "--", user, JSON.stringify(known), program, file], { encoding: "utf8" }),
  );
}

describe("a sign-in", () => {
  const file = join(folder, "identities.json");
  beforeAll(() => writeFileSync(file, text));

  itInPhp(
    "signing in to the webmail adds the aliases as senders, under the configured name, and no other user's",
    () => {
      expect(added("Alpar@newjoy.ro", ["Alpar@newjoy.ro", "boss@newjoy.ro"], file)).toEqual([
        { name: "Alpár", email: "info@newjoy.ro", standard: 0 },
      ]);
      expect(added("kinga@newjoy.ro", ["kinga@newjoy.ro"], file)).toEqual([]);
    },
  );

  itInPhp(
    "signing in to the webmail works for a user who is not in the configuration, and before the file exists",
    () => {
      expect(added("stranger@newjoy.ro", [], file)).toEqual([]);
      expect(added("alpar@newjoy.ro", [], join(folder, "none.json"))).toEqual([]);
    },
  );
});
