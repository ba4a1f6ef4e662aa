import * as pulumi from "@pulumi/pulumi";
import { type Recorder, resolved, settled, startRecording } from "./recorder";

export type RawConfig = Record<string, unknown>;

/** What somebody with three mailboxes would have in their stack, every secret a recognisable text. */
export const threeMailboxes: RawConfig = {
  domain: "newjoy.ro",
  mailboxes: {
    service: { password: "S3cret-service-imap" },
    kinga: { password: "S3cret-kinga-imap" },
    alpar: { password: "S3cret-alpar-imap", admin: true, aliases: ["boss"] },
  },
  relay: { password: "S3cret-relay" },
  identity: { issuer: "https://auth.newjoy.ro" },
  ingress: { className: "nginx" },
};

/** Keys that hold secrets, as the engine would name them. */
const SECRET_KEYS = ["mailboxes", "relay", "identity", "admin", "generated", "monitoring", "migrations"];

export interface Deployed {
  readonly recorder: Recorder;
  readonly outputs: Record<string, unknown>;
  /** What the program warned of. */
  readonly warnings: readonly string[];
  /** What it said besides. */
  readonly remarks: readonly string[];
}

/** Puts configuration where the engine would; `kubernetes:…` is that provider's. Structured values travel as JSON. */
export function setConfig(config: RawConfig): void {
  const entries = Object.entries(config).map(([key, value]) => [
    key.startsWith("kubernetes:") ? key : `homelab-mail:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  pulumi.runtime.setAllConfig(
    Object.fromEntries(entries),
    SECRET_KEYS.filter((key) => key in config).map((key) => `homelab-mail:${key}`),
  );
}

/** Runs the whole program against mocks. */
export async function deploy(
  config: RawConfig = threeMailboxes,
  options: { readonly preview?: boolean } = {},
): Promise<Deployed> {
  const recorder = await startRecording(options);
  setConfig(config);
  const program = require("../../index") as () => Promise<Record<string, unknown>>;
  const warnings: string[] = [];
  const remarks: string[] = [];
  const { warn, log } = console;
  // Where the SDK writes when no engine listens.
  console.warn = (text: string) => warnings.push(text);
  console.log = (text: string) => remarks.push(text);
  try {
    const outputs = await program();
    await settled();
    const plain = await resolved(pulumi.output(outputs));
    return { recorder, outputs: plain as Record<string, unknown>, warnings, remarks };
  } finally {
    Object.assign(console, { warn, log });
  }
}
