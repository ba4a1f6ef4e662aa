import { signInWarnings } from "../../../../components/identity/users";
import { addressesOf } from "../../../../config/addresses";
import { type FakePocketId, startPocketId } from "../../../support/pocketId";
import { loaded, working } from "../../config/support";

const KEY = "S3cret-api-key";
const addresses = (more: object = {}) =>
  addressesOf(
    loaded({
      ...working,
      mailboxes: { kinga: { password: "p" }, alpar: { password: "q", aliases: ["boss"] } },
      ...more,
    }),
  );

describe("what the preview says of the users at Pocket ID", () => {
  let server: FakePocketId;
  beforeEach(async () => {
    server = await startPocketId(KEY);
  });
  afterEach(() => server.close());
  const warnings = (apiKey = KEY) => signInWarnings({ issuer: server.issuer, apiKey }, addresses());
  const user = (username: string, email: string) => ({ id: username, username, email, disabled: false });

  it("the preview has no remark on users at Pocket ID whose address is their own mailbox's, or of another domain", async () => {
    server.state.users = [
      user("kinga", "kinga@newjoy.ro"),
      user("guest", "guest@example.org"),
      { ...user("former", "boss@newjoy.ro"), disabled: true },
      { ...user("device", ""), email: null },
    ];
    expect(await warnings()).toEqual([]);
  });

  it("the preview names every user at Pocket ID whose address opens another mailbox, and repeats no address", async () => {
    server.state.users = [
      user("one", "KINGA@newjoy.ro"),
      user("two", "boss@newjoy.ro"),
      user("three", "postmaster@newjoy.ro"),
      user("four", "homelab-mail@newjoy.ro"),
      user("five", "service@newjoy.ro"), // the relay's login, without a mailbox of that name
      user("six", "stranger@newjoy.ro"),
      user("seven", "alpar@newjoy.ro "),
    ];
    const told = await warnings();
    expect(told.map((text) => /: user (\w+) (has [^:]*)/.exec(text)?.slice(1).join(" "))).toEqual([
      "one has the address of mailbox kinga in another spelling, and so opens an empty account",
      "two has an alias for an address, and so opens the mail of mailbox alpar",
      "three has an address of the stack's own accounts",
      "four has an address of the stack's own accounts",
      "five has an address of the stack's own accounts",
      "six has an address of this domain without a mailbox, and so gets an empty account that can send",
      "seven has the address of mailbox alpar in another spelling, and so opens an empty account",
    ]);
    expect(told.join()).not.toContain("@");
  });

  it("the preview says that users may edit themselves or sign up at Pocket ID", async () => {
    Object.assign(server.state.configuration, { allowOwnAccountEdit: "true", allowUserSignups: "open" });
    expect(await warnings()).toEqual([
      expect.stringContaining("users may change their own address"),
      expect.stringContaining("users may sign up"),
    ]);
  });

  it("the preview has no remark on users when the key is refused, which stops the update by itself", async () => {
    expect(await warnings("wrong")).toEqual([]);
  });
});

test("the accounts of postmaster and of the relay's login belong to the stack until a mailbox has their addresses", () => {
  expect(addresses().system).toEqual(["postmaster@newjoy.ro", "homelab-mail@newjoy.ro", "service@newjoy.ro"]);
  const shouted = { username: "Relay@NewJoy.ro", password: "r" };
  expect(addresses({ relay: shouted }).system).toContain("relay@newjoy.ro");
  const claimed = { service: { password: "p", aliases: ["postmaster"] } };
  expect(addresses({ mailboxes: claimed }).system).toEqual(["homelab-mail@newjoy.ro"]);
});
