import { createSocket } from "node:dgram";
import { createServer, type Server } from "node:net";
import { dnsRecords } from "../../../../../components/outputs/dns";
import { collectClusterDns } from "../../../../../doctor/checks/dns/collectInCluster";
import { listen } from "../../../../support/listen";
import { nameServer, type Zone } from "../../../../support/nameServer";
import { FakeCluster } from "../../support/fakeCluster";

const hosts = { mail: "mail.newjoy.ro", webmail: "webmail.newjoy.ro" };
const wanted = dnsRecords({
  domains: ["newjoy.ro"],
  hosts,
  provider: { smtp: { host: "smtp.migadu.com", port: 465 } },
});
const service = "/api/v1/namespaces/kube-system/services/kube-dns";

const closing: (() => void)[] = [];
afterAll(() => {
  for (const close of closing) close();
});

/** The same name server over TCP, as a port of a pod is reached. */
async function overTcp(zone: Zone | "silent"): Promise<number> {
  const { address, close } = await nameServer(zone);
  const [host, port] = address.split(":") as [string, string];
  const server: Server = createServer((socket) => {
    const udp = createSocket("udp4");
    let asked = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("close", () => udp.close());
    socket.on("data", (piece) => {
      asked = Buffer.concat([asked, piece]);
      const length = asked.length < 2 ? 0 : asked.readUInt16BE(0);
      if (asked.length >= 2 + length) udp.send(asked.subarray(2, 2 + length), Number(port), host);
    });
    udp.on("message", (answer) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(answer.length);
      socket.write(length); // an answer comes in pieces
      setImmediate(() => socket.write(answer));
    });
  });
  closing.push(close, () => server.close());
  return listen(server);
}

class ClusterWithDns extends FakeCluster {
  readonly forwarded: string[] = [];

  constructor(private readonly port: number) {
    super({ [service]: {} });
  }

  override async forward(target: string, port?: number, _signal?: AbortSignal, namespace?: string): Promise<string> {
    this.forwarded.push(`${namespace} ${target}:${port}`);
    return `http://127.0.0.1:${this.port}`;
  }
}

const look = (cluster: FakeCluster, timeout = 60_000) =>
  collectClusterDns({
    cluster,
    domain: "newjoy.ro",
    namespace: "stalwart-mail",
    wanted,
    service: [],
    timeout,
    limit: timeout,
    signal: new AbortController().signal,
  });

test("every record is requested from the cluster's own DNS, through the API server", async () => {
  const zone = {
    "MX newjoy.ro": ["10 aspmx1.migadu.com", "20 aspmx2.migadu.com"],
    "TXT newjoy.ro": ["v=spf1 include:spf.migadu.com -all"],
    "A mail.newjoy.ro": ["10.43.0.7"],
    "SRV _imaps._tcp.newjoy.ro": ["0 1 993 mail.newjoy.ro"],
  };
  const cluster = new ClusterWithDns(await overTcp(zone));
  expect(await look(cluster)).toMatchObject({
    records: {
      "MX newjoy.ro.": { values: ["10 aspmx1.migadu.com.", "20 aspmx2.migadu.com."] },
      "TXT newjoy.ro.": { values: ["v=spf1 include:spf.migadu.com -all"] },
      "SRV _imaps._tcp.newjoy.ro.": { values: ["0 1 993 mail.newjoy.ro."] },
      "CNAME key1._domainkey.newjoy.ro.": { values: [] },
    },
    addresses: { "mail.newjoy.ro.": { values: ["10.43.0.7"] }, "webmail.newjoy.ro.": { values: [] } },
  });
  expect(cluster.forwarded).toEqual(["kube-system service/kube-dns:53"]);
});

test("a DNS of the cluster that does not answer is not taken for an empty one", async () => {
  const view = await look(new ClusterWithDns(await overTcp("silent")), 50);
  expect(view).toMatchObject({ records: { "MX newjoy.ro.": { error: expect.any(String) } } });
});

test("a cluster without kube-dns, or without access to it, is reported as such", async () => {
  expect(await look(new FakeCluster({}))).toEqual({ absent: true });
  expect(await look(new FakeCluster({ [service]: {} }))).toEqual({ reason: "no way to service/kube-dns" });
});
