import { addressesOf, addressProblems } from "../../../config/addresses";
import { expectProblem, loaded, reportOf, working } from "./support";

const { domain: _main, ...rest } = working;
const several = { ...rest, domains: ["NewJoy.ro", "zebra.org", "example.org"] };
const kinga = (body: object) => ({ ...several, mailboxes: { kinga: { password: "p", ...body } } });

test("the first domain is the main one, whatever the order of the others", () => {
  const config = loaded(several);
  expect(config).toMatchObject({
    domain: "newjoy.ro",
    domains: ["newjoy.ro", "example.org", "zebra.org"],
    hosts: { mail: "mail.newjoy.ro", webmail: "webmail.newjoy.ro" },
    relay: { username: "service@newjoy.ro" },
  });
  expect(config.mailboxes.map(({ address }) => address)).toEqual(["alpar@newjoy.ro", "kinga@newjoy.ro"]);
});

test("mailboxes, aliases and earlier accounts may be in any of the domains", () => {
  const [mailbox] = loaded(
    kinga({ address: " Kinga@Example.org", account: "kinga", aliases: [" Boss", "boss@example.org "] }),
  ).mailboxes;
  expect(mailbox).toMatchObject({
    address: "kinga@example.org",
    localPart: "kinga",
    aliases: ["boss", "boss@example.org", "kinga@example.org"],
  });
  expect(loaded(kinga({ address: "k@example.org" })).mailboxes[0]?.localPart).toBe("k@example.org");
});

test("the same local part in two domains is two addresses", () => {
  const both = { a: { password: "p", address: "x@newjoy.ro" }, b: { password: "q", address: "x@example.org" } };
  expect(loaded({ ...several, mailboxes: both }).mailboxes).toHaveLength(2);
  const same = { a: both.b, b: both.b };
  expectProblem(reportOf({ ...several, mailboxes: same }), "mailboxes.b.address", /also the address of mailboxes\.a/);
});

test.each(["home.test", "home.lan", "home.internal", "example.co.uk", "xn--kln-sna.de", "home.xn--p1ai"])(
  "the mail server takes the top-level domain of %s",
  (domain) => {
    expect(loaded({ ...rest, domains: [domain] }).domain).toBe(domain);
  },
);

const mistakes: [string, object, string, RegExp, string?][] = [
  [
    "both keys",
    { ...several, domain: "newjoy.ro" },
    "domain",
    /cannot be combined with domains, of which the first is the main one/,
    "pulumi config rm domain",
  ],
  ["neither", rest, "domain", /is missing/, "pulumi config set domain newjoy.ro"],
  ["an empty list and nothing else", { ...rest, domains: [] }, "domain", /is missing/],
  [
    "the same domain twice, in another case",
    { ...rest, domains: ["newjoy.ro", "NEWJOY.ro"] },
    "domains[1]",
    /is the same domain as domains\[0\]/,
    "pulumi config rm --path 'domains[1]'",
  ],
  ...["home.example", "home.invalid", "home.homelab", "home.x", "home.t3st"].map(
    (domain): (typeof mistakes)[number] => [
      `the top-level domain of ${domain}, which the mail server does not know`,
      { ...rest, domain },
      "domain",
      new RegExp(`"${domain}" ends in \\${domain.slice(4)}, which is no top-level domain.*internal, lan`),
      "pulumi config set domain newjoy.ro",
    ],
  ),
  [
    "such a top-level domain of a further domain",
    { ...rest, domains: ["newjoy.ro", "home.example"] },
    "domains[1]",
    /ends in \.example/,
  ],
  [
    "such a top-level domain of the mail server",
    { ...working, hosts: { mail: "mail.home.example" } },
    "hosts.mail",
    /ends in \.example/,
    "pulumi config set --path hosts.mail mail.newjoy.ro",
  ],
  [
    "a domain with other letters",
    { ...rest, domains: ["newjoy.ro", "köln.example"] },
    "domains[1]",
    /begins with xn--/,
  ],
  ["something else for a domain", { ...rest, domains: ["newjoy.ro", "newjoy"] }, "domains[1]", /is not a domain name/],
  [
    "an address elsewhere",
    kinga({ address: "kinga@gmail.com" }),
    "mailboxes.kinga.address",
    /is in none of the stack's domains, newjoy\.ro, zebra\.org, example\.org/,
  ],
  ["an alias elsewhere", kinga({ aliases: ["k@gmail.com"] }), "mailboxes.kinga.aliases[0]", /is in none of/],
  [
    "a mail host that programs would ask for another domain's settings",
    { ...several, hosts: { mail: "autoconfig.example.org", autoconfig: "autoconfig.newjoy.ro" } },
    "hosts.mail",
    /is the same host as the autoconfig host of example\.org/,
  ],
  [
    "a relay login in the second domain that no account can have",
    { ...several, relay: { password: "p", username: "a+b@example.org" } },
    "relay.username",
    /holds a \+/,
  ],
];

test.each(mistakes.map((one) => [one[0], one] as const))(
  "a mistake about several domains is reported: %s",
  (_what, [, config, key, what, command]) => {
    expectProblem(reportOf(config as Record<string, unknown>), key, what, command);
  },
);

test("a user's address at the issuer is compared with every domain", () => {
  const addresses = addressesOf(loaded(kinga({ address: "kinga@example.org", aliases: ["boss@example.org"] })));
  const problems = addressProblems(
    [
      { username: "right", email: "kinga@example.org" },
      { username: "alias", email: "boss@example.org" },
      { username: "postmaster", email: "postmaster@example.org" },
      { username: "unknown", email: "other@example.org" },
      { username: "elsewhere", email: "kinga@gmail.com" },
    ],
    addresses,
  );
  expect(problems.map(({ username, kind }) => `${username} ${kind}`)).toEqual([
    "alias alias",
    "postmaster system",
    "unknown unknown",
  ]);
});
