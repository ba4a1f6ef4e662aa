import type { Mailbox } from "../../../config/types";
import type { KeyPair } from "../../rig/ca";
import type { Front } from "../../rig/fakes/provider/front";
import type { Sink } from "../../support/sink";
import type { Ledger } from "./ledger";
import type { Pod, PodOptions } from "./pod";

export interface StationOptions {
  /** `keep` is the older way to write `retention: "forever"`, as in the configuration. */
  readonly mailbox?: Partial<Mailbox> & { readonly keep?: boolean };
  readonly password?: string;
  /** Puts a front that can misbehave between the fetcher and Dovecot. */
  readonly front?: boolean;
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
  /** Shared by stations of one test file. */
  readonly sink?: Sink;
  /** Whether the fetcher starts at once. @default true */
  readonly start?: boolean;
}

/** One mailbox with everything around it: account, fetcher, mail server. */
export interface Station {
  readonly user: string;
  readonly mailbox: Mailbox;
  readonly pod: Pod;
  readonly sink: Sink;
  readonly front: Front;
  /** Takes the pod's network link down or up. */
  link(state: "up" | "down"): void;
  /** An SMTP server on the pod's own loopback; returns what it was told so far. */
  listenInside(port: number): Promise<() => string>;
  /** Puts messages into a folder at the provider and remembers what the provider would hand out. */
  inject(messages: readonly Buffer[], folder?: string): Promise<void>;
  /** How many messages wait at the provider. */
  waiting(): Promise<number>;
  /** Where every message is now. */
  account(): Promise<Ledger>;
}
