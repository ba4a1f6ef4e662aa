import { firstText } from "../../config/report/commands";
import { docAt, elementOf, isMap, type Path, schema, shapeOf } from "../../config/schema";

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Config = Record<string, unknown>;

/** What users, editors and YAML put where a value belongs, and what each reader behind it takes for something else. */
const odd: readonly unknown[] = [
  ...[
    "",
    " ",
    "a",
    "A",
    "a b",
    "a\nb",
    "a\tb",
    "ü",
    "日本",
    "é@x.org",
    "🙂",
    "-a",
    "a-",
    "a.b",
    ".a",
    "a..b",
    "*",
    "+",
    "a+b",
  ],
  ...[
    "%",
    "a%b",
    "#x",
    "//",
    "/",
    "\\",
    '"',
    "'",
    "`",
    "$x",
    "$" + "{x}",
    "$(X)",
    "{{ x }}",
    "@ADDRESS@",
    "%p",
    "<?php",
    "?>",
  ],
  ...[
    "a@b",
    "@",
    "a@",
    "@newjoy.ro",
    "homelab-mail",
    "postmaster",
    "null",
    "true",
    "yes",
    "0",
    "00",
    "1e3",
    "0x10",
    "-1",
  ],
  ...[
    "a".repeat(63),
    "a".repeat(64),
    "a".repeat(253),
    "a".repeat(300),
    `${"a".repeat(60)}.`.repeat(4),
    "a,b",
    "[1",
    '["a"]',
  ],
  ...[
    "10.0.0.0/8",
    "10.0.0.1/8",
    "::/0",
    "fd00::/8",
    "::ffff:10.0.0.0/104",
    "1.2.3.4",
    "fe80::1%eth0",
    "1Gi",
    "1.5Gi",
    "1e1000",
  ],
  ...[
    "100Ei",
    "0",
    ".5",
    "5.",
    "https://x.org",
    "https://x.org:9443",
    "https://[::1]:8443",
    "https://x.org/",
    "HTTPS://X.ORG",
  ],
  ...[
    "__proto__",
    "constructor",
    "kube-system",
    "default",
    "stalwart-tls",
    "stalwart-admin",
    "nginx",
    "traefik",
    "Gateway",
  ],
  ...[
    "example.org/x",
    "a/b/c",
    "x=y",
    "a:b",
    "- a",
    "!!binary",
    "{a: b}",
    "&a",
    "2026-01-01",
    "\u2028",
    "\ud800",
    "\u0000",
  ],
  ...[
    0,
    1,
    -1,
    25,
    143,
    443,
    587,
    993,
    65535,
    65536,
    1.5,
    1e21,
    true,
    false,
    null,
    [],
    {},
    [""],
    [null],
    ["a", "a"],
    [[]],
  ],
  ...[{ a: 1 }, { "": "" }, ["INBOX"], ["Junk", "INBOX"], ["10.0.0.0/8", "192.168.0.0/16"]],
];

const mailboxNames = ["kinga", "alpar", "mary-ann", "1", "domain", "a".repeat(53), "Kinga", "mary_ann", "x.y", ""];
/** Few: a source has many keys, and other places are to be tried as well. */
const sourceNames = ["old-gmail"];
const freeKeys = ["a", "example.org/group", "a b", "", "__proto__", "x".repeat(64)];

/** Every path at which something may be written. */
function places(at: import("zod").ZodType, path: Path = []): Path[] {
  const shape = shapeOf(at);
  if (shape) return [path, ...Object.entries(shape).flatMap(([key, child]) => places(child, [...path, key]))];
  const element = elementOf(at);
  if (element === undefined) return [path];
  const inMailboxes = path.length === 1 ? mailboxNames : sourceNames;
  const keys = isMap(at) ? (path[0] === "mailboxes" ? inMailboxes : freeKeys) : [0, 1];
  return [path, ...keys.flatMap((key) => places(element, [...path, key]))];
}

const everywhere = places(schema).filter((path) => path.length > 0);
/** Where a single value belongs: elsewhere nearly everything is wrong. */
const leaves = everywhere.filter(
  (path) => !everywhere.some((other) => other.length > path.length && path.every((part, n) => other[n] === part)),
);

function written(node: unknown, [first, ...rest]: Path, value: unknown): unknown {
  if (first === undefined) return value;
  if (typeof first === "number") {
    const items = Array.isArray(node) ? [...node] : [];
    items[Math.min(first, items.length)] = written(items[first], rest, value);
    return items;
  }
  const group = node !== null && typeof node === "object" && !Array.isArray(node) ? Object.entries(node) : [];
  const child = written(group.find(([key]) => key === first)?.[1], rest, value);
  return Object.fromEntries([...group.filter(([key]) => key !== first), [first, child]]);
}

const ingresses: readonly Config[] = [
  { className: "nginx" },
  { className: "traefik" },
  { className: "haproxy" },
  { className: "cilium" },
  { controller: "f5" },
  { className: "own", namespace: "edge" },
  { kind: "Gateway", gateway: { name: "home", namespace: "edge", listeners: ["https"], redirectListener: "http" } },
];

/** A configuration that works, with one to three values that somebody wrote somewhere. */
export function stackFile(random: () => number): Config {
  const one = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  let config: Config = {
    domain: "newjoy.ro",
    mailboxes: { kinga: { password: "imap-Passw0rd" }, alpar: { password: "imap-Passw0rd-2", aliases: ["boss"] } },
    relay: { password: "relay-Passw0rd" },
    identity: { issuer: "https://auth.newjoy.ro" },
    ingress: one(ingresses),
    ...(random() < 0.3 && { monitoring: { enabled: true, heartbeat: "https://hc-ping.com/0f1e" } }),
  };
  for (let left = 1 + Math.floor(random() * random() * 3); left > 0; left--) {
    const path = one(random() < 0.9 ? leaves : everywhere);
    const { default: fallback, example } = docAt(path);
    const good = firstText(fallback, example) ?? "value";
    const near = [
      good,
      ` ${good}`,
      good.toUpperCase(),
      `${good}a`,
      `a${good}`,
      good.slice(1),
      `${good}.`,
      `${good}${good}`,
    ];
    const [group, name = ""] = path;
    const added = group === "mailboxes" && path.length > 2 && name !== "kinga" && name !== "alpar";
    if (added) config = written(config, ["mailboxes", name, "password"], "imap-Passw0rd-3") as Config;
    if (path.length > 4 && path[2] === "sources") {
      const source = { host: "imap.example.net", user: "old@example.net", password: "imap-Passw0rd-4" };
      config = written(config, path.slice(0, 4), source) as Config;
    }
    config = written(config, path, random() < 0.4 ? one(odd) : one(near)) as Config;
  }
  return config;
}
