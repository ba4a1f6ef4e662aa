import { rootCertificates } from "node:tls";
import { reportOf, working } from "./support";

const [certificate] = rootCertificates as [string];
const kinga = (body: object, alpar: object = {}) => ({
  mailboxes: { kinga: { password: "p", ...body }, alpar: { password: "q", ...alpar } },
});
const { domain: _domain, ...noDomain } = working;
const amounts = { cpu: "500m", memory: "512Mi" };
const from = { host: "imap.example.org", user: "me", password: "p" };
const gateway = { name: "home", namespace: "edge", listeners: ["https"] };

/** Next to a mistake of several keys, and none. */
const accepted: Readonly<Record<string, object>> = {
  "a Service without a load balancer and without what needs one": { service: { type: "NodePort" } },
  "requests that are as large as their limits": { resources: { roundcube: { requests: amounts, limits: amounts } } },
  "groups with the key that applies them": {
    identity: { ...working.identity, allowedGroups: ["family"], apiKey: "key" },
  },
  "one certificate twice in one text": { trust: { certificates: [`${certificate}\n${certificate}`] } },
  "the older way to keep mail beside the newer one": kinga({ keep: true, retention: "forever" }),
  "a Secret with certificates whose name begins like one of the stack's": { tls: { secretName: "stalwart-tls-2" } },
  "a heartbeat and its port": { monitoring: { heartbeat: "https://kuma.lan/x", heartbeatPort: 8443 } },
  "a mailbox whose account is its own address": kinga({ address: "kinga@newjoy.ro", account: "kinga" }),
  "two sources at one server": kinga({ sources: { a: { ...from, user: "a" }, b: { ...from, user: "b" } } }),
  "one user at two servers": kinga({ sources: { a: from, b: { ...from, host: "imap.example.net" } } }),
  "a source at the provider that is no mailbox of the stack": kinga({
    sources: { old: { ...from, host: "imap.migadu.com", user: "kinga@example.org" } },
  }),
  "a source whose host only begins like a Service of the stack": kinga({
    sources: { old: { ...from, host: "stalwart.stalwart-mail.example.org" } },
  }),
  "the host for device settings of another kind as a source": {
    ...noDomain,
    domains: ["newjoy.ro", "example.ro"],
    hosts: { autoconfig: "autoconfig.newjoy.ro" },
    ...kinga({ sources: { old: { ...from, host: "autodiscover.example.ro" } } }),
  },
  "two migrations with the same folders": {
    migrations: Object.fromEntries(
      ["a", "b"].map((name) => [name, { mailbox: "kinga", from, folders: { map: { x: "Archive" } } }]),
    ),
  },
  "a migration of what arrives from tomorrow on, which it is already elsewhere": {
    migrations: {
      old: { mailbox: "kinga", from, since: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10) },
    },
  },
  "an address in the relay's domain that only looks like the stack's": {
    relay: { username: "a..b@mail.newjoy.ro", password: "p" },
  },
  "a relay login that is an address of the stack's": { relay: { username: "service@newjoy.ro", password: "p" } },
  "a relay login with a second domain, as some hosting companies have them": {
    relay: { username: "a..b@newjoy.ro@example.org", password: "p" },
  },
  "a controller that serves both kinds": {
    ingress: { kind: "Gateway", controller: "traefik", gateway: { ...gateway, certificateNamespace: "edge" } },
  },
  "a Gateway and a certificate that is there": {
    ingress: { kind: "Gateway", gateway },
    tls: { secretName: "wildcard" },
  },
  "a Gateway that manages certificates": {
    ingress: { kind: "Gateway", gateway: { ...gateway, certificates: "gateway", redirectListener: "http" } },
  },
};

test.each(Object.entries(accepted))("the configuration is accepted: %s", (_what, config) => {
  const base = "domains" in config ? noDomain : working;
  expect(reportOf({ ...base, ...config })).toBe("");
});
