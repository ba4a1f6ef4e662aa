import { dnsRecords } from "../../../../../components/outputs/dns";
import type { DnsObservation, Lookup } from "../../../../../doctor/checks/dns/collect";
import { evaluateDns, evaluateInside } from "../../../../../doctor/checks/dns/evaluate";
import { dnsMessages } from "../../../../../doctor/checks/dns/messages";
import { reportsEveryFailure, reportsOkForAWorkingStack } from "../../support/provoke";

const hosts = { mail: "mail.newjoy.ro", webmail: "webmail.newjoy.ro", autoconfig: "autoconfig.newjoy.ro" };
const migadu = { smtp: { host: "smtp.migadu.com", port: 465 } };
const wanted = dnsRecords({ domains: ["newjoy.ro"], hosts, provider: migadu });

/** The world as it should be, with some of it otherwise. */
function world(
  changes: Readonly<Record<string, readonly string[] | Lookup>> = {},
  more: Partial<DnsObservation> = {},
): DnsObservation {
  const records: Record<string, Lookup> = {};
  const addresses: Record<string, Lookup> = {};
  for (const { name, type, value } of wanted) {
    if (type === "A" || (type === "CNAME" && name.startsWith("autoconfig")))
      addresses[name] = { values: ["192.168.1.25"] };
    else {
      const key = `${type} ${name}`;
      const said = value.replace(/<.*>/, "abc123");
      records[key] = { values: [...(records[key]?.values ?? []), said] };
    }
  }
  for (const [key, change] of Object.entries(changes)) {
    const lookup: Lookup = "error" in change ? change : { values: change as readonly string[] };
    if (key.includes(" ")) records[key] = lookup;
    else addresses[key] = lookup;
  }
  return {
    domain: "newjoy.ro",
    namespace: "stalwart-mail",
    resolver: "1.1.1.1",
    wanted,
    records,
    addresses,
    service: ["192.168.1.25"],
    ...more,
  };
}

const say = (changes: Parameters<typeof world>[0], more?: Partial<DnsObservation>) => evaluateDns(world(changes, more));
const TXT = "TXT newjoy.ro.";
const MX = "MX newjoy.ro.";

/** The world as it should be, and pods that are told something of their own. */
const within = (changes: Parameters<typeof world>[0]) => evaluateInside(world(), world(changes));

reportsOkForAWorkingStack([...say({}), ...within({})], dnsMessages.catalog, ["resolver"]);

reportsEveryFailure(dnsMessages.catalog, {
  "mx.missing": say({ [MX]: ["10 aspmx1.migadu.com."] }),
  "mx.two": say({ [MX]: ["10 aspmx1.migadu.com.", "20 aspmx2.migadu.com.", "10 mx.zoho.com."] }),
  "mx.elsewhere": say({ [MX]: ["10 mx.zoho.com.", "20 mx2.zoho.com."] }),
  "spf.missing": say({ [TXT]: ["hosted-email-verify=abc"] }),
  "spf.duplicate": say({ [TXT]: ["v=spf1 include:spf.migadu.com -all", "v=spf1 include:zoho.com ~all"] }),
  "spf.wrong": say({ [TXT]: ["v=spf1 include:spf.migadu.com.example.org -all"] }),
  "dkim.missing": say({ "CNAME key2._domainkey.newjoy.ro.": [] }),
  "dkim.wrong": say({ "CNAME key3._domainkey.newjoy.ro.": ["key2.newjoy.ro._domainkey.migadu.com."] }),
  "dmarc.missing": say({ "TXT _dmarc.newjoy.ro.": [] }),
  "dmarc.duplicate": say({ "TXT _dmarc.newjoy.ro.": ["v=DMARC1; p=none;", "v=DMARC1; p=reject;"] }),
  "proof.missing": say({ [TXT]: ["v=spf1 include:spf.migadu.com -all"] }),
  "host.missing": say({ "mail.newjoy.ro.": [] }),
  "host.autoconfig": say({ "autoconfig.newjoy.ro.": [] }),
  "host.differs": say({ "mail.newjoy.ro.": ["203.0.113.7"] }),
  "srv.missing": say({ "SRV _imaps._tcp.newjoy.ro.": [] }),
  "srv.wrong": say({ "SRV _submissions._tcp.newjoy.ro.": ["0 1 465 smtp.migadu.com."] }),
  "inside.untested": evaluateInside(world(), { absent: true }),
  "inside.differs": within({ [MX]: ["10 mail.newjoy.ro."] }),
  "inside.silent": evaluateInside(world(), { reason: "no way to service/kube-dns within 8 seconds" }),
  "resolver.silent": say({ [MX]: { values: [], error: "ETIMEOUT" } }),
});

test("a missing DNS record is reported as the line to set", () => {
  const [told] = say({ "CNAME key1._domainkey.newjoy.ro.": [] }).filter(({ level }) => level === "failure");
  expect(told?.fix).toBe(
    "Set at your DNS provider: `key1._domainkey.newjoy.ro. IN CNAME key1.newjoy.ro._domainkey.migadu.com.`",
  );
});

test("an MX set that lacks one of two servers is reported with the missing one, and no other", () => {
  const [told] = say({ [MX]: ["10 aspmx1.migadu.com."] });
  expect(told?.fix).toContain("20 aspmx2.migadu.com.");
  expect(told?.fix).not.toContain("aspmx1");
});

test("a resolver that does not answer about one record does not hide the others", () => {
  const results = say({ [MX]: { values: [], error: "ESERVFAIL" }, "TXT _dmarc.newjoy.ro.": [] });
  expect(results.filter(({ level }) => level !== "ok").map(({ check }) => check)).toEqual(["resolver", "dmarc"]);
});

test("upper case and a missing dot at the end make no difference in DNS records", () => {
  const changed = say({
    [MX]: ["10 ASPMX1.migadu.com", "20 aspmx2.Migadu.com"],
    "CNAME key1._domainkey.newjoy.ro.": ["KEY1.newjoy.ro._domainkey.migadu.com"],
    [TXT]: ["v=SPF1 +include:spf.migadu.com ~all", "hosted-email-verify=x"],
  });
  expect(changed.filter(({ level }) => level !== "ok")).toEqual([]);
});

test("for a provider whose records are not known, only the records that every provider needs are checked", () => {
  const other = dnsRecords({
    domains: ["newjoy.ro"],
    hosts,
    provider: { smtp: { host: "smtp.other.test", port: 465 } },
  });
  const found = { [MX]: ["10 mx.other.test."], [TXT]: ["v=spf1 include:other.test -all"] };
  expect(say(found, { wanted: other }).filter(({ level }) => level !== "ok")).toEqual([]);
  expect(say({ ...found, [MX]: [] }, { wanted: other })[0]).toMatchObject({ check: "mx", code: "missing" });
});

test("the webmail's host may lead elsewhere than the mail ports do", () => {
  const [told] = say({ "webmail.newjoy.ro.": ["192.168.1.30"] }).filter(
    ({ subject }) => subject === "webmail.newjoy.ro",
  );
  expect(told?.level).toBe("ok");
});

test("a host that resolves to an internal address for pods is ok, and one that does not resolve for them is not", () => {
  const [nearer] = within({ "mail.newjoy.ro.": ["10.43.0.7"] });
  expect(nearer).toMatchObject({
    level: "ok",
    message: expect.stringContaining("there mail.newjoy.ro resolves to 10.43.0.7"),
  });
  const [lost] = within({ "mail.newjoy.ro.": [] });
  expect(lost).toMatchObject({ code: "differs", subject: "mail.newjoy.ro" });
});

test("DNS records that public resolvers did not answer are not compared", () => {
  const silent = { values: [], error: "ETIMEOUT" };
  expect(evaluateInside(world({ [MX]: silent }), world({ [MX]: ["10 mail.newjoy.ro."] }))).toMatchObject([
    { level: "ok" },
  ]);
  expect(evaluateInside(world(), { absent: true })).toMatchObject([
    { level: "unknown", message: expect.stringContaining("not tested") },
  ]);
});

test("the DNS records of each domain are evaluated by themselves, and the message names the domain", () => {
  const both = dnsRecords({ domains: ["newjoy.ro", "example.org"], hosts, provider: migadu });
  const records: Record<string, Lookup> = { ...world().records };
  for (const { name, type, value } of both.filter(({ name }) => name.includes("example.org."))) {
    const key = `${type} ${name}`;
    records[key] = { values: [...(records[key]?.values ?? []), value.replace(/<.*>/, "abc123")] };
  }
  const addresses = { ...world().addresses, "autoconfig.example.org.": { values: ["192.168.1.25"] } };
  const wrong = (more: Record<string, Lookup>) =>
    evaluateDns(world({}, { wanted: both, addresses, records: { ...records, ...more } }))
      .filter(({ level }) => level !== "ok")
      .map(({ check, code, message, subject }) => `${check} ${code} ${subject ?? message.split(" ")[0]}`);
  expect(wrong({})).toEqual([]);
  expect(
    wrong({
      "MX example.org.": { values: ["10 aspmx1.migadu.com."] },
      "TXT example.org.": { values: ["hosted-email-verify=abc"] },
      "SRV _imaps._tcp.example.org.": { values: [] },
    }),
  ).toEqual(["mx missing example.org", "spf missing example.org", "srv missing _imaps._tcp.example.org"]);
});
