import type { Input } from "@pulumi/pulumi";

/**
 * What a host of this stack requires of the ingress controller or Gateway in front of it. Defined once: `annotations.ts` and
 * `gateway.ts` translate it for each controller, and docs/reference/ingress-controllers.md says what each one does by
 * default or cannot do.
 *
 * Two more requirements are the same everywhere. Plain http is redirected to https. And X-Forwarded-For must
 * contain the client's address: the mail server bans the address in its first entry, or in a `Forwarded` header, which takes
 * precedence (stalwartlabs/stalwart, crates/http/src/request.rs). So the controller must not pass on a client's own header;
 * `forged.ts` lists the controllers that do.
 */
export interface Requirements {
  /** The largest request body, in nginx's notation: `64m`. */
  readonly maxBodySize: string;
  /** How long a connection may be idle, where push and WebSocket connections stay open. @default the controller's own */
  readonly idleTimeoutSeconds?: number;
}

/** How long a browser remembers that a host is served over https only, in seconds: a year, like ingress-nginx's default. */
export const HSTS_MAX_AGE = 31_536_000;

/** A host, and what is served there. */
export interface Host {
  readonly name: string;
  /** @default every path */
  readonly paths?: readonly string[];
}

/** Hosts that are served over https, the Service behind them, and their certificate. */
export interface HttpEndpoint {
  /** The name of the objects that expose it. */
  readonly name: string;
  readonly hosts: readonly Host[];
  readonly service: { readonly name: string; readonly port: number; readonly portName?: string };
  /** The Secret with the hosts' certificate. */
  readonly tlsSecret: string;
  readonly requirements: Requirements;
}

/** A value may hold the namespace's name, which Pulumi knows as an output. */
export type Annotations = Readonly<Record<string, Input<string>>>;

/** An object of a kind that the controller or the Gateway API defines. */
export interface CustomObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
}
