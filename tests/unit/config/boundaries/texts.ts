import { working } from "../support";
import type { Boundaries } from "./boundary";

const digest = `@sha256:${"0".repeat(64)}`;
const label = "a".repeat(63);
const longestHost = `${`${label}.`.repeat(3)}${"b".repeat(61)}`;
const longDomain = `${`${label}.`.repeat(2)}${"b".repeat(57)}`; // 185 characters
const kinga = (body: object) => ({ mailboxes: { ...working.mailboxes, kinga: { password: "p", ...body } } });
const migration = (body: object) => ({
  migrations: { old: { mailbox: "kinga", from: { host: "a.ro", user: "me", password: "p" }, ...body } },
});

/** About names, addresses and other texts. */
export const ofTexts: Boundaries = {
  "a host name": {
    key: "hosts.webmail",
    config: (webmail) => ({ hosts: { webmail } }),
    good: [longestHost, `${label}.ro`, "1.ro", "a.b"],
    bad: [`${longestHost}b`, `${label}a.ro`, "newjoy.1", "localhost", "a..ro", "a-.ro", "mail.ro.", "posta.bébé.ro"],
  },
  "a host that follows from the domain": {
    key: "hosts.webmail",
    config: (domain) => ({ domain }),
    good: [`${longestHost.slice(0, 242)}.ro`],
    bad: [`${longestHost.slice(0, 243)}.ro`],
  },
  "a provider's host": {
    key: "provider.imap.host",
    config: (host) => ({ provider: { imap: { host } } }),
    good: ["10.0.0.1", "fd00::1", "IMAP.example.org"],
    bad: ["10.0.0.256", "imap", "imap.example.org:993"],
  },
  "a top-level domain": {
    key: "domain",
    config: (top) => ({ domain: `newjoy.${top}` }),
    good: [
      ...["test", "localhost", "local", "internal", "lan", "home", "corp", "intranet", "private", "localdomain"],
      ...["ro", "xn--p1ai"],
    ],
    bad: [
      ...["example", "invalid", "alt", "lab", "homelab", "homenet", "mail", "server", "workgroup", "router", "intra"],
      ...[
        "nas",
        "cluster",
        "svc",
        "k8s",
        "lokal",
        "loc",
        "priv",
        "localnet",
        "vpn",
        "dhcp",
        "fritz",
        "self",
        "x",
        "a1",
      ],
    ],
  },
  "a namespace": {
    key: "namespace",
    config: (namespace) => ({ namespace }),
    good: [label, "kube-systems", "0"],
    bad: [`${label}a`, "default", "kube-system", "kube-public", "kube-node-lease", "-a", "a-", "a.b"],
  },
  "a Kubernetes name": {
    key: "tls.issuer",
    config: (issuer) => ({ tls: { issuer } }),
    good: [longestHost, "home"],
    bad: [`${longestHost}b`, "Home", "a_b"],
  },
  "a label's key": {
    key: "storage.labels",
    config: (key) => ({ storage: { labels: { [key]: "enabled" } } }),
    good: ["Keep_this", "a.b/Keep", label, `a/${label}`],
    bad: ["_a/name", "a.b/c d", "/name", "a.b/", "a/b/c", "A/b", `${label}a`, "-a", "a-"],
  },
  "a label's value": {
    key: "storage.labels.key",
    config: (value) => ({ storage: { labels: { key: value } } }),
    good: [label, "A_b.c", ""],
    bad: [`${label}a`, "-a", "a-"],
  },
  "a network": {
    key: "service.sourceRanges[0]",
    config: (range) => ({ service: { sourceRanges: [range] } }),
    good: ["0.0.0.0/0", "10.0.0.0/32", "fd00::/128", "::/0"],
    bad: ["10.0.0.0/33", "fd00::/129", "10.0.0.0/08", "10.0.0.0", "10.0.0.0/8/8", "fe80::1%a/64", "a/8"],
  },
  "a network whose hosts send": {
    key: "cluster.networks[0]",
    config: (network) => ({ cluster: { networks: [network] } }),
    good: ["10.0.0.0/8", "127.0.0.1/32", "::1/128", "0:0:0:0:0:0:0:1/128", "fd00::/8", "64:ff9b::/96", "10.0.0.0/20"],
    bad: [
      "10.0.0.0/7",
      "0.0.0.0/32",
      "::/8",
      "::2/128",
      "0:0:0:0:0:ffff::/96",
      "::ffff:10.0.0.0/104",
      "fd00::/0",
      "fe80::1%a/64",
    ],
  },
  "an issuer": {
    key: "identity.issuer",
    config: (issuer) => ({ identity: { issuer } }),
    good: ["https://[fd00::1]", "https://10.0.0.1:8443", "https://auth.lan"],
    bad: [
      "https://auth.lan#",
      "https://auth.lan:443",
      "https://auth.lan/.",
      "https://[fd00:0::1]",
      "https://au th.lan",
    ],
  },
  "a heartbeat": {
    key: "monitoring.heartbeat",
    config: (heartbeat) => ({ monitoring: { heartbeat } }),
    good: ["https://hc-ping.com/0f1e?a=b", "http://kuma.lan:3001/x"],
    bad: [
      ...["ftp://hc-ping.com/x", "https://", 'https://a.ro/"', "https://a.ro/\\", "https://a.ro/a b", "x https://a.ro"],
      ...["https://me@a.ro/x", "https://:pw@a.ro/x", "https://a.ro/#x"],
    ],
  },
  "a client id": {
    key: "identity.clientId",
    config: (clientId) => ({ identity: { ...working.identity, clientId } }),
    good: ["ab", "a.b-c_D", "a".repeat(128)],
    bad: ["a", "a".repeat(129), "a/b"],
  },
  "an administrator's password": {
    key: "admin.password",
    config: (password) => ({ admin: { password } }),
    good: ["a".repeat(20), "a$_{a$_{a$_{a$_{a$_{", "é".repeat(20)],
    bad: ["a".repeat(19), "😀".repeat(19), `${"a".repeat(20)}\t`],
  },
  "an image": {
    key: "images.fetchmail",
    config: (image) => ({ images: { fetchmail: image } }),
    good: [`a:${"1".repeat(128)}${digest}`, `a.b:5000/c/d-e__f:V_1${digest}`],
    bad: [
      `a:${"1".repeat(129)}${digest}`,
      `a:1${digest.slice(0, -1)}`,
      `a:1${digest}0`,
      `a:.1${digest}`,
      `/a:1${digest}`,
    ],
  },
  "a version of the mail server": {
    key: "images.stalwart",
    config: (tag) => ({ images: { stalwart: `stalwart:${tag}${digest}` } }),
    good: ["v0.16.0", "0.16.27-alpine"],
    bad: ["v0.16", "v0.160.0", "v1.16.0", "v0.17.0", "0.1.16"],
  },
  "a version of the command line": {
    key: "images.stalwartCli",
    config: (tag) => ({ images: { stalwartCli: `cli:${tag}${digest}` } }),
    good: ["v1.0.0", "1.12.34-alpine"],
    bad: ["1.0", "0.1.0", "11.0.0", "1.0.0.0", "latest"],
  },
  "a local part": {
    key: "mailboxes.kinga.address",
    config: (address) => kinga({ address }),
    good: ["k".repeat(64), "o'brien", "a=b.c", "homelab-mail2"],
    bad: ["k".repeat(65), ".a", "a.", "a..b", "homelab-mail", "a b", "@newjoy.ro"],
  },
  "a whole address": {
    key: "mailboxes.kinga.address",
    config: (domain) => ({ domain, ...kinga({ address: "k".repeat(64) }) }),
    good: [`${longDomain}b.ro`],
    bad: [`${longDomain}bb.ro`],
  },
  "a login at the relay": {
    key: "relay.username",
    config: (username) => ({ relay: { username, password: "p" } }),
    good: ["AKIAIOSFODNN7EXAMPLE", "homelab-mail@example.org", "a..b@example.org", "a@b@newjoy.ro"],
    bad: ["a\tb", "@", "x%y@NewJoy.ro", "x+y@newjoy.ro", "Homelab-Mail@newjoy.ro"],
  },
  "a text in one line": {
    key: "identity.name",
    config: (name) => ({ identity: { ...working.identity, name } }),
    good: ["a\tb", "Azonosító ~"],
    bad: ["a\x00b", "a\x08b", "a\nb", "a\x1fb", "a\x7fb", " "],
  },
  "a folder": {
    key: "migrations.old.folders.include[0]",
    config: (folder) => migration({ folders: { include: [folder] } }),
    good: ["a/b", "a b*", "Elküldött"],
    bad: ["/a", "a/", "a//b", "\x7f", "a\x00"],
  },
  "a folder's other name": {
    key: "migrations.old.folders.map.a",
    config: (folder) => migration({ folders: { map: { a: folder } } }),
    good: ["a", "a/b"],
    bad: [" ", "", "b/", "b*", "b=c"],
  },
  "the name of a migration": {
    key: "migrations",
    config: (name) => ({ migrations: { [name]: migration({}).migrations.old } }),
    good: ["o".repeat(42)],
    bad: ["o".repeat(43), "old.mail"],
  },
};
