import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";

// biome-ignore lint/suspicious/noExplicitAny: a part of a kubeconfig as it was written
type Written = Record<string, any>;

/** What a request to the API server carries so that the server knows its user. */
export interface Credentials {
  readonly token?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Credentials that a login command printed, and until when they may be used. */
interface Login extends Credentials {
  readonly expires: number;
}

const EXEC_APIS = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

/** The cluster of a kubeconfig's current context, and its user's credentials: token, token file, client certificate or exec. */
export class Kubeconfig {
  readonly server: URL;
  readonly tls: { readonly rejectUnauthorized: boolean; readonly ca?: string; readonly servername?: string };
  private readonly cluster: Written;
  private readonly user: Written;
  private login: Promise<Login> | undefined;

  constructor(private readonly file: string) {
    const config = parse(fs.readFileSync(file, "utf8")) as Written;
    const context = named(config.contexts, config["current-context"])?.context;
    this.cluster = named(config.clusters, context?.cluster)?.cluster;
    this.user = named(config.users, context?.user)?.user ?? {};
    if (!this.cluster) throw new Error(`the kubeconfig has no cluster for its context "${config["current-context"]}"`);
    this.server = new URL(this.cluster.server);
    const ca = this.pem(this.cluster, "certificate-authority");
    const servername: string | undefined = this.cluster["tls-server-name"];
    this.tls = {
      rejectUnauthorized: !this.cluster["insecure-skip-tls-verify"],
      ...(ca !== undefined && { ca }),
      ...(servername !== undefined && { servername }),
    };
  }

  /** What the next request has to carry. A file may have changed, and a login may have expired. */
  async credentials(): Promise<Credentials> {
    if (this.user.exec) return this.execLogin();
    const { token, tokenFile } = this.user;
    const cert = this.pem(this.user, "client-certificate");
    const key = this.pem(this.user, "client-key");
    // With both, the file wins (client-go, rest.Config.BearerTokenFile).
    const bearer = tokenFile ? fs.readFileSync(this.resolve(tokenFile), "utf8").trim() : token;
    return { ...(bearer && { token: bearer }), ...(cert && { cert }), ...(key && { key }) };
  }

  /** Forgets a login that the server refused. Tells whether another one can be tried. */
  renew(): boolean {
    this.login = undefined;
    return Boolean(this.user.exec);
  }

  /** One run of the command serves all requests until it expires; requests that come meanwhile wait for it. */
  private async execLogin(): Promise<Login> {
    const current = this.login;
    const login = await current?.catch(() => undefined);
    if (login && login.expires > Date.now()) return login;
    if (this.login === current) this.login = this.runLogin();
    return this.login as Promise<Login>;
  }

  /** Runs the login command (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins). */
  private async runLogin(): Promise<Login> {
    const {
      apiVersion,
      command,
      args = [],
      env = [],
      interactiveMode,
      provideClusterInfo,
      installHint,
    } = this.user.exec;
    if (!EXEC_APIS.includes(apiVersion)) throw new Error(`the kubeconfig's login command speaks ${apiVersion}`);
    if (interactiveMode === "Always") throw new Error(`the kubeconfig's login command ${command} needs a terminal`);
    const cluster = provideClusterInfo && this.clusterInfo();
    const info = { kind: "ExecCredential", apiVersion, spec: { interactive: false, ...(cluster && { cluster }) } };
    const own = Object.fromEntries((env as { name: string; value: string }[]).map(({ name, value }) => [name, value]));
    let text: string;
    try {
      const program = command.includes("/") ? this.resolve(command) : command;
      const environment = { ...process.env, ...own, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
      text = (await promisify(execFile)(program, args, { env: environment, timeout: 60_000 })).stdout;
    } catch (error) {
      const { code, stderr } = error as { code?: string | number; stderr?: string };
      const reason = code === "ENOENT" ? ["is not installed", installHint] : [`failed (${code})`, stderr?.trim()];
      throw new Error(`the kubeconfig's login command ${command} ${reason.filter(Boolean).join(": ")}`);
    }
    return loginOf(text, command, apiVersion);
  }

  private clusterInfo(): Written {
    const { server, "certificate-authority-data": data, "insecure-skip-tls-verify": insecure } = this.cluster;
    const file = this.cluster["certificate-authority"];
    const ca = data ?? (file && fs.readFileSync(this.resolve(file)).toString("base64"));
    return {
      server,
      ...(this.tls.servername && { "tls-server-name": this.tls.servername }),
      ...(insecure && { "insecure-skip-tls-verify": insecure }),
      ...(ca && { "certificate-authority-data": ca }),
      config: null,
    };
  }

  /** `key-data` holds base64, `key` names a file. */
  private pem(from: Written, key: string): string | undefined {
    if (from[`${key}-data`]) return Buffer.from(from[`${key}-data`], "base64").toString();
    return from[key] ? fs.readFileSync(this.resolve(from[key]), "utf8") : undefined;
  }

  /** Relative paths begin where the kubeconfig is. */
  private resolve(file: string): string {
    return path.resolve(path.dirname(this.file), file);
  }
}

function loginOf(text: string, command: string, apiVersion: string): Login {
  let printed: Written;
  try {
    printed = JSON.parse(text);
  } catch {
    throw new Error(`the kubeconfig's login command ${command} printed no JSON`); // it may have printed a secret
  }
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = printed.status ?? {};
  if (printed.kind !== "ExecCredential" || printed.apiVersion !== apiVersion || !(token || (cert && key))) {
    throw new Error(`the kubeconfig's login command ${command} printed no ExecCredential of ${apiVersion}`);
  }
  return {
    ...(token && { token }),
    ...(cert && key && { cert, key }),
    expires: expirationTimestamp ? Date.parse(expirationTimestamp) : Number.POSITIVE_INFINITY,
  };
}

const named = (list: Written[] | undefined, name: string): Written | undefined =>
  list?.find((item) => item.name === name);
