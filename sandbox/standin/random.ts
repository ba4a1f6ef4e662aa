import { randomInt, randomUUID } from "node:crypto";
import type { KubeObject } from "../kube";
import type { DiffResult, Plugin, Request } from "./rpc";
import { plain, secret } from "./secrets";

const LOWER = "abcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";
const SPECIAL = "!@#$%&*()-_=+[]{}<>:?";

function generate(inputs: KubeObject): string {
  const alphabet = [
    inputs.lower === false ? "" : LOWER,
    inputs.upper === false ? "" : LOWER.toUpperCase(),
    inputs.numeric === false ? "" : DIGITS,
    inputs.special === false ? "" : (inputs.overrideSpecial ?? SPECIAL),
  ].join("");
  return Array.from({ length: inputs.length }, () => alphabet[randomInt(alphabet.length)]).join("");
}

/** Random text that stays what it is until one of its inputs changes. */
export class RandomPlugin implements Plugin {
  constructor(readonly version: string) {}

  async configure(): Promise<void> {}

  async check({ type, news }: Request): Promise<KubeObject> {
    if (!/:Random(Password|String|Uuid)$/.test(type)) throw new Error(`the stand-in does not make ${type}`);
    return news;
  }

  async diff({ olds, news }: Request): Promise<DiffResult> {
    const [old, wanted] = [plain(olds), plain(news)];
    const replaces = Object.keys(wanted).filter((key) => JSON.stringify(wanted[key]) !== JSON.stringify(old[key]));
    return { changed: replaces.length > 0, replaces };
  }

  async create({ type, news, preview }: Request): Promise<{ id: string; properties: KubeObject }> {
    if (preview) return { id: "", properties: news };
    const result = type.endsWith(":RandomUuid") ? randomUUID() : generate(plain(news));
    const hidden = type.endsWith(":RandomPassword");
    return { id: hidden ? "none" : result, properties: { ...news, result: hidden ? secret(result) : result } };
  }

  async read({ id, olds }: Request): Promise<{ id: string; properties: KubeObject }> {
    return { id, properties: olds };
  }

  async update({ news }: Request): Promise<KubeObject> {
    return news;
  }

  async delete(): Promise<void> {}
}
