import { existsSync, readFileSync } from "node:fs";
import { Front } from "./front";
import { switchedOn } from "./switches";

/**
 * The front as a program of its own. OPTIONS says where it stands and where Dovecot is; a file says which switches are on,
 * and is read again and again.
 */
export interface FrontOptions {
  readonly address: string;
  readonly cert: string;
  readonly key: string;
  readonly backend: { readonly host: string; readonly port: number };
  readonly switches: string;
}

async function main(): Promise<void> {
  const { address, cert, key, backend, switches }: FrontOptions = JSON.parse(process.env.OPTIONS ?? "{}");
  const front = new Front(address, { cert, key }, backend);
  let known = "";
  const read = (): void => {
    const text = existsSync(switches) ? readFileSync(switches, "utf8") : "{}";
    if (text === known) return;
    known = text;
    front.faults.splice(0, front.faults.length, ...switchedOn(JSON.parse(text)));
  };
  read();
  setInterval(read, 200);
  await front.listen();
}

void main();
