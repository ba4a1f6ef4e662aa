import { createSocket, type Socket } from "node:dgram";
import { connect } from "node:net";
import type { ClusterApi } from "../../../lib/kubectl";
import { reasonOf } from "../../../lib/reason";
import { collectDns, type DnsArgs, type DnsObservation } from "./collect";

/** The answers of the cluster's DNS for the same names. */
export type ClusterView =
  | { readonly absent: true }
  | { readonly reason: string }
  | Pick<DnsObservation, "records" | "addresses">;

/** The Service of the cluster's DNS in every distribution. */
const service = { name: "kube-dns", namespace: "kube-system", port: 53 } as const;

/** Sends one query over TCP, where its length precedes it (RFC 1035, 4.2.2). */
function ask(query: Buffer, host: string, port: number, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.length);
    const socket = connect({ host, port }, () => socket.write(Buffer.concat([length, query])));
    let answer = Buffer.alloc(0);
    const end = (settle: () => void): void => {
      socket.destroy();
      settle();
    };
    socket.setTimeout(limit, () => end(() => reject(new Error("no answer"))));
    socket.once("error", (problem) => end(() => reject(problem)));
    socket.once("close", () => reject(new Error("the connection ended")));
    socket.on("data", (piece: Buffer) => {
      answer = Buffer.concat([answer, piece]);
      if (answer.length < 2 || answer.length < 2 + answer.readUInt16BE(0)) return;
      end(() => resolve(answer.subarray(2, 2 + answer.readUInt16BE(0))));
    });
  });
}

/** A name server on loopback that forwards to another one over TCP: resolvers use UDP, which port-forwarding does not support. */
export async function relay(host: string, port: number, limit: number): Promise<{ address: string; close(): void }> {
  const socket: Socket = createSocket("udp4");
  let closed = false;
  socket.on("message", async (query, from) => {
    const answer = await ask(query, host, port, limit).catch(() => undefined); // no response: the resolver reports a timeout
    if (answer && !closed) socket.send(answer, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const close = (): void => {
    closed = true;
    socket.close();
  };
  return { address: `127.0.0.1:${socket.address().port}`, close };
}

export interface ClusterDnsArgs extends Omit<DnsArgs, "resolvers"> {
  readonly cluster: ClusterApi;
  readonly signal: AbortSignal;
  /** Milliseconds for one answer. */
  readonly limit: number;
}

/** Queries the cluster's own DNS for the same records as public DNS. */
export async function collectClusterDns({ cluster, signal, limit, ...args }: ClusterDnsArgs): Promise<ClusterView> {
  try {
    const path = `/api/v1/namespaces/${service.namespace}/services/${service.name}`;
    if ((await cluster.get(path)) === undefined) return { absent: true };
    const there = await cluster.forward(`service/${service.name}`, service.port, signal, service.namespace);
    const { hostname, port } = new URL(there);
    const { address, close } = await relay(hostname, Number(port), limit);
    try {
      const { records, addresses } = await collectDns({ ...args, resolvers: [address] });
      return { records, addresses };
    } finally {
      close();
    }
  } catch (problem) {
    return { reason: reasonOf(problem) };
  }
}
