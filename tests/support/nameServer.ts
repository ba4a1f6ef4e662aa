import { createSocket } from "node:dgram";

/** What a zone says, by "TYPE name": each value as a zone file writes it. */
export type Zone = Record<string, string[]>;

const types = { A: 1, CNAME: 5, MX: 15, TXT: 16, AAAA: 28, SRV: 33 } as const;
type Type = keyof typeof types;
const typeOf = new Map<number, string>(Object.entries(types).map(([name, number]) => [number, name]));

const name = (text: string): Buffer =>
  Buffer.concat([
    ...text
      .split(".")
      .filter(Boolean)
      .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);

const numbers = (...values: string[]): Buffer => {
  const buffer = Buffer.alloc(values.length * 2);
  values.forEach((value, n) => {
    buffer.writeUInt16BE(Number(value), n * 2);
  });
  return buffer;
};

function data(type: Type, value: string): Buffer {
  const words = value.split(" ");
  const last = name(words.at(-1) as string);
  if (type === "A") return Buffer.from(value.split(".").map(Number));
  if (type === "TXT") return Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  return type === "CNAME" ? last : Buffer.concat([numbers(...words.slice(0, -1)), last]);
}

function record(type: Type, value: string): Buffer {
  const content = data(type, value);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0); // the question's name
  head.writeUInt16BE(types[type], 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(60, 6);
  head.writeUInt16BE(content.length, 10);
  return Buffer.concat([head, content]);
}

/** The answer to a query with one question (RFC 1035); unknown names do not exist. */
function answer(query: Buffer, zone: Zone): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += length + 1;
  }
  const type = typeOf.get(query.readUInt16BE(at + 1)) as Type | undefined;
  const asked = labels.join(".").toLowerCase();
  const values = type === undefined ? [] : (zone[`${type} ${asked}`] ?? []);
  const known = Object.keys(zone).some((key) => key.endsWith(` ${asked}`));
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8180 | (known ? 0 : 3), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(values.length, 6);
  return Buffer.concat([head, query.subarray(12, at + 5), ...values.map((value) => record(type as Type, value))]);
}

/** A name server on loopback that knows one zone, or one that never answers. */
export async function nameServer(zone: Zone | "silent"): Promise<{ address: string; close(): void }> {
  const socket = createSocket("udp4");
  socket.on("message", (query, { port, address }) => {
    if (zone !== "silent") socket.send(answer(query, zone), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return { address: `127.0.0.1:${socket.address().port}`, close: () => void socket.close() };
}
