import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { directory } from "../../../components/mailserver/planAccounts";
import { Webmail, webmailLogoutUri, webmailRedirectUri } from "../../../components/webmail";
import { type KeyPair, PrivateCa, spki } from "../../rig/ca";
import { type Recorder, settled, startRecording } from "../../support/recorder";
import { sampleConfig } from "../../support/sample";
import { Sink } from "../../support/sink";
import { addresses, domain, hosts, hostsFile, namespace } from "./addresses";
import { buildImage, isDebian } from "./image";
import { IngressController } from "./ingress";
import { MailServer, tokenCheckAddress } from "./mailServer";
import { Pod } from "./pod";
import { Server } from "./processes";
import { type DirectoryRules, TokenCheck } from "./tokenCheck";
import { SigningKey } from "./tokens";

export const users = [
  { sub: "7c9f0a2e-0000-4000-8000-000000000001", email: `kinga@${domain}`, name: "Kinga Nagy" },
  { sub: "7c9f0a2e-0000-4000-8000-000000000002", email: `alpar@${domain}`, name: "Alpár Nagy" },
  { sub: "7c9f0a2e-0000-4000-8000-000000000003", email: `guest@${domain}`, name: "A Guest" },
  { sub: "7c9f0a2e-0000-4000-8000-000000000004", email: "visitor@elsewhere.example", name: "A Visitor" },
  { sub: "7c9f0a2e-0000-4000-8000-000000000005", email: "o'brien<b>@elsewhere.example", name: "Odd <b>Name</b>" },
];
const mailboxes = [`kinga@${domain}`, `alpar@${domain}`];
const control = { host: addresses.harness, port: 8091 };

/** What a test can turn at the provider, and what the provider has seen. */
export interface ProviderState {
  reachable?: boolean;
  accessTokenSeconds: number;
  refuseRefresh: boolean;
  slowSeconds: number;
  /** Passkeys by the user's `sub`; from the first one on, sign-in takes one. */
  passkeys?: Readonly<Record<string, { id: string; publicKey: string }>> | null;
  readonly authorize: number;
  readonly code: number;
  readonly refresh: number;
  /** Codes and refresh tokens that it did not take. */
  readonly refused: number;
  readonly discovery: number;
  readonly passkeysTaken: number;
  readonly verifiers: number;
  readonly secrets: string[];
}

export class Harness {
  /** The provider's outgoing server, as far as the webmail's mail is concerned. */
  readonly sink = new Sink(addresses.harness, [25], ["XCLIENT ADDR PORT HELO PROTO LOGIN"]);
  readonly key = new SigningKey("harness-key");
  recorder!: Recorder;
  pod!: Pod;
  mail!: MailServer;
  tokenCheck!: TokenCheck;
  /** Chromium takes these keys for trusted. */
  readonly trusted: string[] = [];
  ca = "";
  private readonly folder = mkdtempSync(join(tmpdir(), "webmail-rig-"));
  private privateCa!: PrivateCa;
  private provider!: Server;
  private ingress: IngressController | undefined;

  /** Starts everything; without the harness' own proxy, the test puts another one in front of the webmail. */
  async start({ proxy = true } = {}): Promise<this> {
    chmodSync(this.folder, 0o711); // servers that are not root have files below
    this.recorder = await startRecording();
    const { identity, ...config } = sampleConfig();
    // The ingress controller's address, in both forms: Roundcube 1.6 takes exact addresses only.
    const cluster = { ...config.cluster, networks: ["127.0.0.1", "127.0.0.0/30"] };
    new Webmail("roundcube", {
      ...config,
      cluster,
      identity,
      namespace,
      claim: "roundcube-data",
      mailServerHost: hosts.mailInCluster,
    });
    await settled();

    this.privateCa = new PrivateCa(this.sub("tls"));
    this.ca = readFileSync(this.privateCa.cert, "utf8");
    await this.startProvider(this.certificate(hosts.issuer), identity.clientId);
    const [operation] = directory({ identity });
    const [rules] = Object.values(operation?.value as unknown as Record<string, DirectoryRules>);
    this.tokenCheck = new TokenCheck(rules as DirectoryRules, this.ca, mailboxes);
    await this.tokenCheck.listen(...tokenCheckAddress);
    await this.sink.listen();
    // The certificate is for the public name only: the webmail has to ask for it by that name.
    this.mail = await MailServer.start(this.sub("dovecot"), this.privateCa.issue(hosts.mail));

    const image = buildImage(this.folder, this.privateCa.bundle(), hostsFile);
    this.pod = new Pod(this.recorder, "roundcube", image, this.folder);
    await this.pod.start();
    if (!proxy) return this;
    const rendered = this.recorder.object("Ingress", "roundcube").inputs;
    const backend = { host: addresses.pod, port: 8000 };
    this.ingress = new IngressController(rendered, this.certificate(hosts.webmail), backend);
    await this.ingress.listen();
    return this;
  }

  /** A certificate that the browser and the webmail trust. */
  certificate(...names: [string, ...string[]]): KeyPair {
    const pair = this.privateCa.issue(...names);
    this.trusted.push(spki(pair.cert));
    return pair;
  }

  /** The webmail's database, as the node sees it. */
  databaseFile(): string {
    return join(this.folder, "claim-roundcube-data", "sqlite.db");
  }

  /** Puts a question or a change to the webmail's database. */
  database(sql: string, ...values: string[]): Record<string, unknown>[] {
    const database = new DatabaseSync(this.databaseFile(), { timeout: 5000 });
    try {
      return database.prepare(sql).all(...values);
    } finally {
      database.close();
    }
  }

  private async startProvider(tls: { key: string; cert: string }, clientId: string): Promise<void> {
    const options = {
      ...tls,
      control,
      issuer: `https://${hosts.issuer}`,
      listen: addresses.issuer,
      users,
      jwk: this.key.jwk,
      pkce: !isDebian, // 1.6 knows no PKCE
      clients: [
        {
          client_id: clientId,
          requiresReauthentication: true, // as the stack registers it
          redirect_uris: [webmailRedirectUri(hosts.webmail)],
          post_logout_redirect_uris: [webmailLogoutUri(hosts.webmail)],
        },
      ],
    };
    const script = join(__dirname, "../../rig/fakes/pocket-id/oidc-server.mjs");
    this.provider = Server.start("provider", process.execPath, [script], {
      ...process.env,
      OPTIONS: JSON.stringify(options),
    });
    await this.provider.listening(control.host, control.port);
    await this.provider.listening(addresses.issuer, 443);
  }

  /** Turns something at the provider; answers what it has seen. */
  providerState(change?: Partial<ProviderState>): Promise<ProviderState> {
    return new Promise((resolve, reject) => {
      const call = request({ ...control, method: change ? "POST" : "GET" }, async (response) => {
        let body = "";
        for await (const chunk of response) body += chunk;
        resolve(JSON.parse(body));
      });
      call.on("error", reject);
      call.end(change && JSON.stringify(change));
    });
  }

  /** Everything that the servers printed, for when a test fails. */
  logs(): string {
    const tail = (name: string, text: string): string => `--- ${name}\n${text.slice(-3000)}`;
    return [
      tail("webmail", this.pod?.log ?? ""),
      tail("mail server", this.mail?.log ?? ""),
      tail("provider", this.provider?.output ?? ""),
      tail("tokens refused", this.tokenCheck?.refusals.join("\n") ?? ""),
    ].join("\n");
  }

  async stop(): Promise<void> {
    this.ingress?.close();
    await this.sink.close();
    this.tokenCheck?.close();
    await Promise.all([this.pod?.stop(), this.mail?.stop(), this.provider?.stop()]);
    if (process.env.HARNESS_KEEP !== "1") rmSync(this.folder, { recursive: true, force: true });
  }

  private sub(name: string): string {
    const path = join(this.folder, name);
    mkdirSync(path, { recursive: true });
    return path;
  }
}
