import { X509Certificate } from "node:crypto";
import * as net from "node:net";
import * as tls from "node:tls";
import { trusting } from "../../../lib/customCAs";
import { reasonOf } from "../../../lib/reason";

export interface Served {
  readonly names: readonly string[];
  readonly covers: boolean;
  /** Milliseconds since the epoch. */
  readonly validTo: number;
  /** Why the chain is not trusted; absent if it is. */
  readonly chain?: string;
  readonly fingerprint: string;
  /** The Secret that should hold it, where that could be read. */
  readonly secret?: { readonly name: string; readonly same: boolean };
}

export type CertificateObservation = { readonly host: string; readonly port: number } & (
  | Served
  | { readonly error: string }
);

export interface Place {
  readonly host: string;
  readonly port: number;
  /** Whether the connection begins with plain SMTP, and TLS follows STARTTLS. */
  readonly startTls?: boolean;
  /** The address to connect to, instead of the one that the name resolves to. */
  readonly address?: { readonly host: string; readonly port: number };
}

/** Runs the SMTP dialog up to STARTTLS. */
async function startTls(socket: net.Socket): Promise<void> {
  const replies = (async function* () {
    let text = "";
    for await (const piece of socket.iterator({ destroyOnReturn: false })) {
      text += piece;
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
        const line = text.slice(0, end).trim();
        text = text.slice(end + 1);
        if (/^\d{3}( |$)/.test(line)) yield line;
      }
    }
  })();
  const expect = async (code: string): Promise<void> => {
    const { value = "connection closed" } = (await replies.next()) as { value?: string };
    if (!value.startsWith(code)) throw new Error(`unexpected response "${value}"`);
  };
  await expect("220");
  socket.write("EHLO doctor.invalid\r\n");
  await expect("250");
  socket.write("STARTTLS\r\n");
  await expect("220");
}

function connect(host: string, port: number, signal: AbortSignal): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port, signal } as net.NetConnectOpts);
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
  });
}

function secure(socket: net.Socket, host: string, ca: readonly string[]): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    const encrypted = tls.connect({
      socket,
      servername: host,
      rejectUnauthorized: false,
      ...trusting(ca),
    });
    encrypted.once("secureConnect", () => resolve(encrypted));
    encrypted.once("error", reject);
    socket.once("close", () => reject(new Error("connection closed")));
  });
}

const namesOf = (certificate: X509Certificate): string[] =>
  (certificate.subjectAltName ?? certificate.subject).split(", ").map((name) => name.replace(/^(DNS:|CN=)/, ""));

/** The certificate that the endpoint serves, whether it is valid or not. */
export async function collectCertificate(
  place: Place,
  { ca, limit }: { readonly ca: readonly string[]; readonly limit: number },
): Promise<CertificateObservation> {
  const { host, port } = place;
  const signal = AbortSignal.timeout(limit);
  const at = place.address ?? place;
  let socket: net.Socket | undefined;
  try {
    socket = await connect(at.host, at.port, signal);
    socket.setTimeout(limit, () => socket?.destroy(new Error("no response")));
    if (place.startTls) await startTls(socket);
    const encrypted = await secure(socket, host, ca);
    const certificate = new X509Certificate(encrypted.getPeerCertificate(true).raw);
    const reason = encrypted.authorizationError as unknown as string | Error | null;
    const code =
      typeof reason === "string" ? reason : ((reason as NodeJS.ErrnoException | null)?.code ?? reason?.message);
    const ofTheChain = code !== undefined && code !== "ERR_TLS_CERT_ALTNAME_INVALID" && code !== "CERT_HAS_EXPIRED";
    return {
      host,
      port,
      names: namesOf(certificate),
      covers: certificate.checkHost(host) !== undefined,
      validTo: Date.parse(certificate.validTo),
      fingerprint: certificate.fingerprint256,
      ...(ofTheChain && { chain: code }),
    };
  } catch (problem) {
    return { host, port, error: signal.aborted ? `no answer within ${limit / 1000} seconds` : reasonOf(problem) };
  } finally {
    socket?.destroy();
  }
}

/** Adds to each whether it is the certificate in the Secret. `pem` has the Secrets' certificates by host. */
export function compared(
  seen: readonly CertificateObservation[],
  secrets: Readonly<Record<string, { readonly name: string; readonly pem: string }>>,
): CertificateObservation[] {
  return seen.map((one) => {
    const secret = secrets[one.host];
    if ("error" in one || secret === undefined) return one;
    const same = new X509Certificate(secret.pem).fingerprint256 === one.fingerprint;
    return { ...one, secret: { name: secret.name, same } };
  });
}
