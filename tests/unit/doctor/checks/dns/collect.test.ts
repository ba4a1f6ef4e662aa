import { dnsRecords } from "../../../../../components/outputs/dns";
import { collectDns } from "../../../../../doctor/checks/dns/collect";
import { evaluateDns } from "../../../../../doctor/checks/dns/evaluate";
import { nameServer, type Zone } from "../../../../support/nameServer";

const hosts = { mail: "mail.newjoy.ro", webmail: "webmail.newjoy.ro" };
const wanted = dnsRecords({
  domains: ["newjoy.ro"],
  hosts,
  provider: { smtp: { host: "smtp.migadu.com", port: 465 } },
});
const zone = (): Zone => ({
  "MX newjoy.ro": ["10 aspmx1.migadu.com", "20 aspmx2.migadu.com"],
  "TXT newjoy.ro": ["v=spf1 include:spf.migadu.com -all", "hosted-email-verify=abc"],
  "TXT _dmarc.newjoy.ro": ["v=DMARC1; p=quarantine;"],
  "CNAME key1._domainkey.newjoy.ro": ["key1.newjoy.ro._domainkey.migadu.com"],
  "CNAME key2._domainkey.newjoy.ro": ["key2.newjoy.ro._domainkey.migadu.com"],
  "CNAME key3._domainkey.newjoy.ro": ["key3.newjoy.ro._domainkey.migadu.com"],
  "A mail.newjoy.ro": ["192.168.1.25"],
  "A webmail.newjoy.ro": ["192.168.1.25"],
  "SRV _imaps._tcp.newjoy.ro": ["0 1 993 mail.newjoy.ro"],
  "SRV _submissions._tcp.newjoy.ro": ["0 1 465 mail.newjoy.ro"],
  "SRV _submission._tcp.newjoy.ro": ["1 1 587 mail.newjoy.ro"],
  "SRV _imap._tcp.newjoy.ro": ["0 0 0 ."],
  "SRV _pop3s._tcp.newjoy.ro": ["0 0 0 ."],
  "SRV _caldavs._tcp.newjoy.ro": ["0 1 443 mail.newjoy.ro"],
  "SRV _carddavs._tcp.newjoy.ro": ["0 1 443 mail.newjoy.ro"],
  "SRV _jmap._tcp.newjoy.ro": ["0 1 443 mail.newjoy.ro"],
  "SRV _autodiscover._tcp.newjoy.ro": ["0 1 443 mail.newjoy.ro"],
});

const closing: (() => void)[] = [];
afterAll(() => {
  for (const close of closing) close();
});

async function results(records: Zone | "silent", timeout = 60_000) {
  const { address, close } = await nameServer(records);
  closing.push(close);
  const args = {
    domain: "newjoy.ro",
    namespace: "stalwart-mail",
    wanted,
    resolvers: [address],
    service: ["192.168.1.25"],
    timeout,
  };
  return evaluateDns(await collectDns(args));
}
const wrong = async (records: Zone | "silent") =>
  (await results(records)).filter(({ level }) => level !== "ok").map(({ check, code }) => `${check}.${code}`);

test("a correct zone is read as such from a real name server", async () => {
  expect(await wrong(zone())).toEqual([]);
});

test("a second MX set and a second SPF record are found", async () => {
  const changed = zone();
  changed["MX newjoy.ro"]?.push("10 mx.zoho.com");
  changed["TXT newjoy.ro"]?.push("v=spf1 include:zoho.com ~all");
  expect(await wrong(changed)).toEqual(["mx.two", "spf.duplicate"]);
});

test("an empty zone lacks every record, and each line has the record to set", async () => {
  const all = await results({});
  expect(all.every(({ fix, code }) => code !== "ok" && fix?.includes(" IN "))).toBe(true);
  expect(all.filter(({ check }) => check === "dkim")).toHaveLength(3);
});

test("a wrong DKIM key, a wrong SRV record and a missing host are reported separately", async () => {
  const changed = zone();
  changed["CNAME key2._domainkey.newjoy.ro"] = ["key2.elsewhere.test"];
  changed["SRV _imaps._tcp.newjoy.ro"] = ["0 1 993 imap.migadu.com"];
  delete changed["A webmail.newjoy.ro"];
  expect(await wrong(changed)).toEqual(["dkim.wrong", "host.missing", "srv.wrong"]);
});

test("a name server that does not answer is not taken for an empty zone", async () => {
  const all = await results("silent", 50);
  expect(all.map(({ check, code }) => `${check}.${code}`)).toEqual(["resolver.silent"]);
});
