import { existsSync, readFileSync } from "node:fs";
import { FaultyProxy } from "./faultyProxy";
import { switchedOn } from "./switches";

/**
 * The faulty proxy as a program of its own. OPTIONS says where it stands and where Dovecot is; a file says which switches are on,
 * and is read again and again.
 */
export interface FaultyProxyOptions {
  readonly address: string;
  readonly cert: string;
  readonly key: string;
  readonly backend: { readonly host: string; readonly port: number };
  readonly switches: string;
}

async function main(): Promise<void> {
  const { address, cert, key, backend, switches }: FaultyProxyOptions = JSON.parse(process.env.OPTIONS ?? "{}");
  const faultyProxy = new FaultyProxy(address, { cert, key }, backend);
  let known = "";
  const read = (): void => {
    const text = existsSync(switches) ? readFileSync(switches, "utf8") : "{}";
    if (text === known) return;
    known = text;
    faultyProxy.faults.splice(0, faultyProxy.faults.length, ...switchedOn(JSON.parse(text)));
  };
  read();
  setInterval(read, 200);
  await faultyProxy.listen();
}

void main();
