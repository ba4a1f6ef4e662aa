import { rmSync } from "node:fs";
import { itInPhp, phpRequests } from "./phpRequests";

const { request, noted, leave, path } = phpRequests();
const store = (expires: number, password: string): void => {
  const token = `s:11:"oauth_token";a:1:{s:7:"expires";i:${expires};}`;
  leave("session", `a:3:{s:7:"user_id";i:7;${token}s:8:"password";s:${password.length}:"${password}";}`);
};

const SESSION = "$session = rcmail::get_instance()->session = new rcube_session_homelab();";
const LATER = Math.floor(Date.now() / 1000) + 3600;

describe("requests of one session", () => {
  itInPhp(
    "two requests of one webmail session refresh a token that has ended once, and both go on with the new one",
    async () => {
      store(1, "old");
      leave("slow");
      const renew = `${SESSION} $_SESSION['page'] = 2; $session->renew(); echo $_SESSION['password'];`;
      expect(await Promise.all([renew, renew].map((code) => request("session.php", code)))).toEqual(["new", "new"]);
      expect(noted("refreshes")).toBe("x");
      expect(noted("session")).toContain('s:7:"user_id";i:7;'); // the tokens are written into what the session holds
      expect(noted("session")).not.toContain('s:4:"page"');
    },
  );

  itInPhp("requests of a webmail session do not bring back the tokens that they began with", async () => {
    store(LATER, "new");
    const ends = `${SESSION} $session->update(session_id(), serialize($_SESSION + ['page' => 2]), serialize($_SESSION));`;
    await request("session.php", ends);
    expect(noted("session")).toContain('s:3:"new"');
    expect(noted("session")).toContain(`s:7:"expires";i:${LATER};`);
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

describe("a webmail session whose token has ended", () => {
  const renew = `${SESSION} $session->renew(); echo json_encode($_SESSION);`;

  itInPhp("a webmail session that another request has ended is not refreshed and not brought back", async () => {
    expect(await request("session.php", renew)).toBe("[]");
    expect({ refreshes: noted("refreshes"), session: noted("session") }).toEqual({ refreshes: "", session: "" });
  });

  itInPhp("a webmail session whose refresh the issuer refuses is ended and not brought back", async () => {
    store(1, "old");
    leave("refuses");
    expect(await request("session.php", renew)).toBe("[]");
    expect({ refreshes: noted("refreshes"), session: noted("session") }).toEqual({ refreshes: "x", session: "" });
  });

  itInPhp(
    "an issuer that does not answer is asked for a new token once in ten seconds, and the session goes on",
    async () => {
      store(1, "old");
      leave("away");
      for (let n = 0; n < 2; n++) expect(JSON.parse(await request("session.php", renew)).password).toBe("old");
      expect(noted("refreshes")).toBe("x");
      const expires = Number(/expires";i:(\d+)/.exec(noted("session"))?.[1]);
      expect(Math.abs(expires - Date.now() / 1000 - 10)).toBeLessThan(60);
    },
  );

  itInPhp("a request that ends in the middle of a refresh writes its session without waiting for itself", async () => {
    store(1, "old");
    leave("exits");
    leave("impatient");
    const atEnd = "$session->update(session_id(), serialize($_SESSION + ['page' => 2]), '')";
    await request("session.php", `${SESSION} register_shutdown_function(fn () => ${atEnd}); $session->renew();`);
    expect(noted("session")).toContain('s:4:"page"');
  });

  itInPhp("a request waits for another one longer than the issuer may take, and not for long", async () => {
    const seconds = "echo (new ReflectionClassConstant('rcube_session_homelab', 'WAIT_SECONDS'))->getValue();";
    const wait = Number(await request("session.php", seconds));
    expect(wait).toBeGreaterThan(2 * 5); // token and keys, each with Roundcube's `oauth_timeout`
    expect(wait).toBeLessThan(20);
  });

  itInPhp("a request that waits too long for another one goes on without a refresh, and writes nothing", async () => {
    store(2, "old");
    leave("impatient");
    const before = noted("session");
    const busy = `$part = substr(hash('sha256', session_id()), 0, 3);
      $other = fopen(sys_get_temp_dir() . "/homelab-mail-session-$part.lock", 'c'); flock($other, LOCK_EX);`;
    const update = "$session->update(session_id(), serialize(['page' => 2]), serialize($_SESSION));";
    const { password, oauth_token } = JSON.parse(await request("session.php", `${busy} ${renew} ${update}`));
    expect({ password, ended: oauth_token.expires <= Date.now() / 1000 }).toEqual({ password: "old", ended: false });
    expect({ refreshes: noted("refreshes"), session: noted("session") }).toEqual({ refreshes: "", session: before });
  });
});

describe("Roundcube's hooks", () => {
  const hook = (name: string, args: string): string =>
    `${SESSION} echo json_encode((rcube_plugin_api::get_instance()->hooks['${name}'])(${args}) + ['now' => $_SESSION['password']]);`;
  const run = async (name: string, args = "[]") => JSON.parse(await request("session.php", hook(name, args)));

  itInPhp(
    "before the webmail reads, sends, filters or polls, its ended token is refreshed, and the new one is used",
    async () => {
      for (const name of ["storage_init", "managesieve_connect", "refresh", "keep-alive", "smtp_connect"]) {
        store(1, "old");
        expect({ name, ...(await run(name, "['password' => 'old']")) }).toEqual({ name, password: "new", now: "new" });
      }
    },
  );

  itInPhp("an ended token is refreshed before the sign-out, and not at the start of other pages", async () => {
    store(1, "old");
    expect(await run("startup", "['task' => 'mail']")).toEqual({ task: "mail", now: "old" });
    expect(await run("startup", "['task' => 'logout']")).toEqual({ task: "logout", now: "new" });
  });

  itInPhp(
    "a refused sign-in to the mail server is tried once more, and again as soon as another request has a new token",
    async () => {
      store(1, "old");
      expect(await run("storage_connect", "['attempt' => 1, 'pass' => 'old']")).toMatchObject({
        retry: true,
        pass: "old",
      });
      expect(await run("storage_connect", "['attempt' => 2, 'pass' => 'old']")).toMatchObject({
        retry: false,
        now: "old",
      });
      store(LATER, "new");
      expect(await run("storage_connect", "['attempt' => 2, 'pass' => 'old']")).toMatchObject({
        retry: true,
        pass: "new",
      });
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
    rmSync(path("requests"), { force: true });
    await request("issuer.php", code + discover);
    return noted("requests") !== "";
  };

  itInPhp(
    "the issuer's discovery document is fetched for five seconds at most, and a failure keeps the known one",
    async () => {
      leave("away");
      const { answers, document } = JSON.parse(await request("issuer.php", left(60, true) + discover));
      expect({ answers, document }).toEqual({ answers: false, document: { issuer: "known" } });
      const bounded = { timeout: 5, connect_timeout: 5, verify: true, allow_redirects: false };
      expect(JSON.parse(noted("requests"))).toEqual(bounded);
      expect(JSON.parse(noted("homelab-mail-issuer.json")).answers).toBe(false);
    },
  );

  itInPhp(
    "the issuer's discovery document is fetched again some seconds after an answer, and later after a failure",
    async () => {
      expect([await asked(left(0, true)), await asked(left(6, true))]).toEqual([false, true]);
      expect(await asked(left(-86_400, true))).toBe(true); // the clock was set back
      expect([await asked(left(0, false)), await asked(left(6, false)), await asked(left(15, false))]).toEqual([
        false,
        false,
        true,
      ]);
    },
  );

  itInPhp(
    "users who are signed in make do with a known document of the issuer, however old, and with no other",
    async () => {
      const anyAge = "echo json_encode(homelab_issuer::discover('https://auth.newjoy.ro/', true, true));";
      expect(JSON.parse(await request("issuer.php", left(86_400, true) + anyAge)).document).toEqual({
        issuer: "known",
      });
      expect(noted("requests")).toBe("");
      rmSync(path("homelab-mail-issuer.json"));
      expect(JSON.parse(await request("issuer.php", anyAge)).document).toEqual({ issuer: "i", token_endpoint: "t" });
    },
  );

  itInPhp("a page of the issuer that is no discovery document does not replace the known one", async () => {
    leave("body", '{"status": "starting"}');
    const { answers, document } = JSON.parse(await request("issuer.php", left(60, true) + discover));
    expect({ answers, document }).toEqual({ answers: false, document: { issuer: "known" } });
  });

  itInPhp("of the issuer's document only texts become options of the webmail", async () => {
    const options =
      "echo json_encode(homelab_issuer::options(['issuer' => 'i', 'token_endpoint' => ['x'], 'more' => 1]));";
    expect(JSON.parse(await request("issuer.php", options))).toEqual({ oauth_issuer: "i" });
  });

  itInPhp("a request does not wait for the issuer's discovery document while another request fetches it", async () => {
    const fetching =
      "$other = fopen(sys_get_temp_dir() . '/homelab-mail-issuer.json.lock', 'c'); flock($other, LOCK_EX);";
    expect(await asked(fetching)).toBe(false);
  });
});
