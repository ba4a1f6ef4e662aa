import type { Mailbox } from "../../../config/types";
import type { KeyPair } from "../../rig/ca";
import type { FaultyProxy } from "../../rig/fakes/provider/faultyProxy";
import type { Sink } from "../../support/sink";
import type { DeliveryLog } from "./deliveryLog";
import type { Pod, PodOptions } from "./pod";

export interface FetcherFixtureOptions {
  /** `keep` is the older way to write `retention: "forever"`, as in the configuration. */
  readonly mailbox?: Partial<Mailbox> & { readonly keep?: boolean };
  readonly password?: string;
  /** Puts a faulty proxy that can misbehave between the fetcher and Dovecot. */
  readonly faultyProxy?: boolean;
  readonly certificate?: KeyPair;
  readonly tamper?: PodOptions["tamper"];
  /** Added to the container's arguments: shorter limits, to see them reached. */
  readonly args?: readonly string[];
  /** How many bytes the pod can write. @default as many as this machine has */
  readonly stateSize?: number;
  /** Custom CA certificates that the stack trusts. */
  readonly customCAs?: readonly string[];
  /** Whether the image trusts the CA of the provider's certificate, like a public CA. @default true */
  readonly isPublic?: boolean;
  /** Shared by fetchers of one test file. */
  readonly sink?: Sink;
  /** Whether the fetcher starts at once. @default true */
  readonly start?: boolean;
}

/** One mailbox with everything around it: account, fetcher, mail server. */
export interface FetcherFixture {
  readonly user: string;
  readonly mailbox: Mailbox;
  readonly pod: Pod;
  readonly sink: Sink;
  readonly faultyProxy: FaultyProxy;
  /** Takes the pod's network link down or up. */
  link(state: "up" | "down"): void;
  /** An SMTP server on the pod's own loopback; returns what it was told so far. */
  listenInside(port: number): Promise<() => string>;
  /** Puts messages into a folder at the provider and remembers what the provider would hand out. */
  inject(messages: readonly Buffer[], folder?: string): Promise<void>;
  /** How many messages wait at the provider. */
  waiting(): Promise<number>;
  /** Where every message is now. */
  account(): Promise<DeliveryLog>;
}
