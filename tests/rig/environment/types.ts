import { randomBytes } from "node:crypto";
import type { Switched } from "../fakes/provider/switches";
import type { Address } from "./https";
import { providerMailboxes } from "./names";

/** Passwords and keys of the environment, new at each start. */
export interface EnvironmentKeys {
  /** The provider's passwords, by mailbox. */
  readonly passwords: Record<string, string>;
  readonly api: string;
  readonly encryption: string;
}

export const newKeys = (): EnvironmentKeys => {
  const text = (): string => randomBytes(24).toString("base64url");
  return {
    passwords: Object.fromEntries(providerMailboxes.map((name) => [name, text()])),
    api: text(),
    encryption: text(),
  };
};

/** The provider, wherever it is. */
export interface Provider {
  /** By the name that pods know. */
  readonly host: string;
  /** By mailbox, as they are now. */
  readonly passwords: Readonly<Record<string, string>>;
  /** Gives a mailbox another password and ends the sessions under the old one; returns when the new one works. */
  setPassword(mailbox: string, password: string): Promise<void>;
  /** Injects faults for some messages, until the next call. */
  injectFaults(switched: Switched): Promise<void>;
  /** Calls back with each line that its SMTP server logs from now on. */
  followLog(onLine: (line: string) => void, signal: AbortSignal): void;
}

/** The issuer, wherever it is. */
export interface Issuer {
  /** By the name that pods know. */
  readonly url: string;
  /** Where this machine reaches it. */
  readonly at: Address;
  /** Stops it until `start()`; its state stays. */
  stop(): Promise<void>;
  /** The same as in a power cut: Pocket ID then keeps its lock, and starts again only once that has expired. */
  kill(): Promise<void>;
  /** Waits until it answers. */
  start(): Promise<void>;
}

export interface TestEnvironment {
  readonly provider: Provider;
  /** Undefined if the issuer is not part of the environment. */
  readonly issuer: Issuer | undefined;
}
