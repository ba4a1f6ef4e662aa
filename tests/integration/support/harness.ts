import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { secret } from "@pulumi/pulumi";
import { customCaBundle } from "../../../components/customCAs";
import { Fetcher } from "../../../components/fetcher";
import { defaultImages } from "../../../config/images";
import type { Mailbox } from "../../../config/types";
import { FaultyProxy } from "../../rig/fakes/provider/faultyProxy";
import { TestCa } from "../../support/ca";
import { type Recorder, settled, startRecording } from "../../support/recorder";
import { sampleMailbox } from "../../support/sample";
import { Sink } from "../../support/sink";
import { eventually } from "../../support/wait";
import { asServed, deliveryLog, recheckLost } from "./deliveryLog";
import { undocumented } from "./docs";
import type { FetcherFixture, FetcherFixtureOptions } from "./fetcherFixture";
import { Pod } from "./pod";
import { IMAP_HOST, Provider, type ProviderOptions } from "./provider";

const MAIL_SERVER = "stalwart.stalwart-mail.svc.cluster.local";

/** Says yes to everything and prints what it hears. */
const LISTENER = `
import socketserver, sys
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 inside\\r\\n")
        for line in self.rfile:
            print(line.decode("latin1").strip())
            self.wfile.write(b"354 go\\r\\n" if line.upper().startswith(b"DATA") else b"250 ok\\r\\n")
socketserver.ThreadingTCPServer.allow_reuse_address = True
server = socketserver.ThreadingTCPServer(("127.0.0.1", int(sys.argv[1])), Handler)
print("listening")
server.serve_forever()
`;

const ip = (...args: string[]): void => {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
};

/** A network 10.N.0.0/16 that no harness uses: one that has just ended may still have its interfaces. */
function freeNet(first: number): number {
  const taken = execFileSync("ip", ["-o", "address"], { encoding: "utf8" });
  const links = execFileSync("ip", ["-o", "link"], { encoding: "utf8" });
  for (let net = first; net < first + 16; net++) {
    if (!taken.includes(` 10.${net}.0.`) && !links.includes(` v${net}x`)) return net;
  }
  throw new Error("every network of this worker is taken");
}

export class Harness {
  private constructor(
    private readonly folder: string,
    /** Second number of this file's addresses: files run side by side. */
    private readonly net: number,
    readonly ca: TestCa,
    /** One that has issued nothing here. */
    readonly otherCa: TestCa,
    readonly provider: Provider,
  ) {}

  private addresses = 10;
  private fetchers = 0;
  private readonly said: (() => string)[] = [];
  private readonly cleanups: (() => Promise<void> | void)[] = [];
  private turn: Promise<unknown> = Promise.resolve();

  static async create(options: ProviderOptions = {}): Promise<Harness> {
    if (process.env.HOMELAB_MAIL_HARNESS !== "1") {
      throw new Error("Start this suite with tests/integration/run.sh: it makes the network that the servers live in.");
    }
    const folder = mkdtempSync(join(tmpdir(), "homelab-mail-harness-"));
    execFileSync("chmod", ["755", folder]);
    const net = freeNet(Number(process.env.JEST_WORKER_ID ?? 1) * 16);
    const gateway = `10.${net}.0.1`;
    ip("address", "add", `${gateway}/16`, "dev", "cluster");
    ip("address", "add", `10.${net}.0.2/16`, "dev", "cluster");
    const ca = new TestCa(join(folder, "ca"));
    const other = new TestCa(join(folder, "other-ca"));
    const provider = new Provider(join(folder, "provider"), `10.${net}.0.2`, ca, options);
    return new Harness(folder, net, ca, other, provider);
  }

  private address(): string {
    this.addresses += 1;
    return `10.${this.net}.${Math.floor(this.addresses / 250)}.${(this.addresses % 250) + 1}`;
  }

  private addressOnBridge(): string {
    const address = this.address();
    ip("address", "add", `${address}/16`, "dev", "cluster");
    return address;
  }

  async sink(): Promise<Sink> {
    const sink = new Sink(this.addressOnBridge(), [25, 2525]);
    await sink.listen();
    this.cleanups.push(() => sink.close());
    return sink;
  }

  /** The stack as Pulumi would register it, for one mailbox. Mocks are global, so one at a time. */
  private async render(mailbox: Mailbox, { customCAs }: FetcherFixtureOptions): Promise<Recorder> {
    const work = this.turn.then(async () => {
      const recorder = await startRecording();
      const namespace = "stalwart-mail";
      new Fetcher("fetchmail", {
        namespace,
        ...(customCAs && { caBundle: customCaBundle(namespace, customCAs) }),
        mailboxes: [mailbox],
        provider: { imap: { host: IMAP_HOST, port: 993 } },
        mailServerHost: MAIL_SERVER,
        images: { fetchmail: defaultImages.fetchmail },
        resources: { fetchmail: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "64Mi" } } },
      });
      await settled();
      return recorder;
    });
    this.turn = work.catch(() => undefined);
    return work;
  }

  async fetcher(options: FetcherFixtureOptions = {}): Promise<FetcherFixture> {
    this.fetchers += 1;
    const number = this.fetchers; // fetchers may be set up side by side
    const name = options.mailbox?.name ?? `user-${number}`;
    const password = options.password ?? `pässword of "${name}"\\ 100% $HOME #1`;
    const { keep, ...given } = options.mailbox ?? {};
    const mailbox = sampleMailbox(name, {
      ...(keep && { retention: "forever" as const }),
      ...given,
      password: secret(password),
    });
    const user = mailbox.address;
    await this.provider.account(user, password);
    const sink = options.sink ?? (await this.sink());
    const certificate = options.certificate ?? this.ca.issue(IMAP_HOST);
    const faultyProxy = new FaultyProxy(this.addressOnBridge(), certificate, {
      host: this.provider.address,
      port: 143,
    });
    if (options.faultyProxy) {
      await faultyProxy.listen();
      this.cleanups.push(() => faultyProxy.close());
    }

    const namespace = `pod-${this.net}-${number}`;
    const veth = `v${this.net}x${number}`;
    const address = this.address();
    ip("netns", "add", namespace);
    ip("link", "add", veth, "type", "veth", "peer", "name", "eth0", "netns", namespace);
    ip("link", "set", veth, "master", "cluster", "up");
    ip("-n", namespace, "address", "add", `${address}/16`, "dev", "eth0");
    ip("-n", namespace, "link", "set", "eth0", "up");
    ip("-n", namespace, "link", "set", "lo", "up");

    const pod = new Pod({
      folder: join(this.folder, `pod-${number}`),
      deployment: `fetchmail-${name}`,
      stack: await this.render(mailbox, options),
      namespace,
      address,
      hosts: {
        [IMAP_HOST]: options.faultyProxy ? faultyProxy.address : this.provider.address,
        [MAIL_SERVER]: sink.address,
      },
      ...(options.isPublic !== false && { publicCa: this.ca }),
      ...(options.tamper && { tamper: options.tamper }),
      ...(options.args && { args: options.args }),
      ...(options.stateSize !== undefined && { stateSize: options.stateSize }),
    });
    if (!options.tamper) this.said.push(() => pod.log);
    this.cleanups.push(async () => {
      await pod.kill();
      if (options.stateSize !== undefined) execFileSync("umount", [pod.statePath]);
      ip("netns", "delete", namespace);
    });
    if (options.start !== false) pod.start();

    const { provider, cleanups } = this;
    const injected: Buffer[] = [];
    return {
      user,
      mailbox,
      pod,
      sink,
      faultyProxy,
      link: (state) => ip("link", "set", veth, state),
      async listenInside(port) {
        const child = spawn("nsenter", [
          `--net=/run/netns/${namespace}`,
          "python3",
          "-u",
          "-c",
          LISTENER,
          String(port),
        ]);
        let received = "";
        cleanups.push(() => void child.kill("SIGKILL"));
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
          received += text;
        });
        await eventually("the listener", () => received.startsWith("listening\n"));
        return () => received.slice("listening\n".length);
      },
      async inject(messages, folder = "INBOX") {
        injected.push(...messages.map(asServed));
        await provider.inject(user, messages, folder);
      },
      waiting: () => provider.waiting(user),
      account: () =>
        recheckLost(async () => {
          const remaining = await provider.remaining(user);
          const delivered = sink.deliveries.filter((d) => d.recipients.includes(user));
          return deliveryLog(injected, remaining, delivered);
        }),
    };
  }

  /** Ends everything, and holds every line that the fetchers have said against the docs. */
  async destroy(): Promise<void> {
    for (const cleanup of this.cleanups.reverse()) await cleanup();
    this.provider.stop();
    if (process.env.HARNESS_KEEP !== "1") rmSync(this.folder, { recursive: true, force: true });
    for (const host of ["1", "2"]) {
      try {
        ip("address", "delete", `10.${this.net}.0.${host}/16`, "dev", "cluster");
      } catch {}
    }
    const missing = new Set(this.said.flatMap((log) => undocumented(log())));
    if (missing.size > 0) throw new Error(`docs/reference/fetcher.md does not explain:\n${[...missing].join("\n")}`);
  }
}
