/**
 * What a host of this stack needs from whatever stands in front of it. Written down once; `asked.ts` and `gateway.ts`
 * say it in each controller's words, and docs/reference/ingress-controllers.md tells what each one does by itself or cannot do.
 *
 * Two more needs are the same everywhere. Plain http is sent on to https. And the client's address has to come in
 * X-Forwarded-For: the mail server bans by it, and believes its first entry, or a `Forwarded` header before it
 * (stalwartlabs/stalwart, crates/http/src/request.rs), so what a client writes there itself must not get through; `forged.ts`
 * tells where it does all the same.
 */
export interface Needs {
  /** The largest request, as nginx writes sizes: `64m`. */
  readonly body: string;
  /** Seconds that a connection may be silent, where push and WebSocket stay open. */
  readonly silence?: number;
}

/** How long a browser remembers that a host speaks https only, in seconds: a year, as ingress-nginx has it. */
export const HSTS = 31_536_000;

/** A host and what is served there: everything, or these paths only. */
export interface Host {
  readonly name: string;
  readonly paths?: readonly string[];
}

/** One way in: hosts, the Service behind them, and their certificate. */
export interface Door {
  /** The name of every object that makes it. */
  readonly name: string;
  readonly hosts: readonly Host[];
  readonly service: { readonly name: string; readonly port: number; readonly portName?: string };
  readonly tlsSecret: string;
  readonly needs: Needs;
}
