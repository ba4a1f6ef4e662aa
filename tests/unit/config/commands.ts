import { rootCertificates } from "node:tls";
import { reportOf } from "./support";

/** A fake of `pulumi config`, so that tests can run the commands of a report. It knows only what reports use. */

type Segment = string | number;

function words(command: string): string[] {
  const pieces = command.match(/(?:[^\s']+|'[^']*')+/g) ?? [];
  return pieces.map((piece) => piece.replace(/'([^']*)'/g, "$1").replaceAll("\\", ""));
}

function segments(path: string): Segment[] {
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(([, quoted, index, plain]) =>
    index === undefined ? (quoted ?? plain ?? "") : Number(index),
  );
}

function update(node: unknown, [first, ...rest]: readonly Segment[], value: unknown): unknown {
  if (first === undefined) return value;
  if (typeof first === "number") {
    const list = node === undefined ? [] : node;
    if (!Array.isArray(list) || first > list.length) throw new Error("expected a list with such an index");
    const item = update(list[first], rest, value);
    return item === undefined ? list.toSpliced(first, 1) : [...list.slice(0, first), item, ...list.slice(first + 1)];
  }
  if (node !== undefined && (node === null || typeof node !== "object" || Array.isArray(node))) {
    throw new Error(`expected a map to hold ${first}`);
  }
  const entries = Object.entries(node ?? {}).filter(([key]) => key !== first);
  const child = update(Object.entries(node ?? {}).find(([key]) => key === first)?.[1], rest, value);
  return Object.fromEntries(child === undefined ? entries : [...entries, [first, child]]);
}

let typed = 0;

/** The configuration after one command. At a prompt for a secret, a text is typed that fits addresses and passwords. */
function run(config: Record<string, unknown>, command: string): Record<string, unknown> {
  const [line = "", file] = command.split(" < "); // such a file holds a CA certificate
  const [pulumi, group, verb, ...rest] = words(line);
  if (pulumi !== "pulumi" || group !== "config") throw new Error(`not a command of pulumi config: ${command}`);
  const [key = "", value] = rest.filter((word) => !["--secret", "--plaintext", "--path"].includes(word));
  const path = rest.includes("--path") ? segments(key) : [key];
  if (verb === "rm") return update(config, path, undefined) as Record<string, unknown>;
  const given = rest.includes("--secret") ? `typed-at-the-prompt-${typed++}` : file ? rootCertificates[typed++] : value;
  if (verb !== "set" || given === undefined) throw new Error(`not a command that sets something: ${command}`);
  return update(config, path, given) as Record<string, unknown>;
}

/** The configuration after doing what its reports say; three rounds, because a fixed group may show what it lacks. */
export function fixed(config: Record<string, unknown>): Record<string, unknown> {
  let result = config;
  for (let round = 0; round < 3; round++) {
    for (const [, command = ""] of reportOf(result).matchAll(/^ +\$ (.*)$/gm)) result = run(result, command);
  }
  return result;
}
