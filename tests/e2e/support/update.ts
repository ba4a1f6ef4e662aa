import * as fs from "node:fs";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { openStack } from "../../../sandbox/engine";

import { engine, kubeconfig, PASSPHRASE } from "./environment";

// Ctrl-C in a terminal reaches the CLI, too, in the same process group: it stops the update in order, and is awaited here.
process.on("SIGINT", () => {});

/** One update of a test's stack: shows what a user would see, and writes the engine's events to a file. */
async function main(): Promise<void> {
  const { operation, home, stack, eventLog } = JSON.parse(process.argv.at(-1) ?? "{}");
  process.env.KUBECONFIG = kubeconfig; // the program runs in this process, and asks kubectl as it would in a user's shell
  const opened = await openStack(await engine(), { folder: home, stack, kubeconfig, passphrase: PASSPHRASE });
  const events: EngineEvent[] = [];
  // What happened to which resource: the rest of an event holds properties, and secrets among them.
  const keep = ({ resourcePreEvent, summaryEvent }: EngineEvent): void => {
    if (resourcePreEvent) {
      const { op, type, urn } = resourcePreEvent.metadata;
      events.push({ resourcePreEvent: { metadata: { op, type, urn } } } as EngineEvent);
    }
    if (summaryEvent) events.push({ summaryEvent } as EngineEvent);
  };
  const show = (text: string): void => {
    process.stdout.write(text);
  };
  try {
    const options = {
      onOutput: show,
      onError: show,
      onEvent: keep,
      color: "never",
    } as const;
    if (operation === "destroy") await opened.destroy(options);
    else if (operation === "preview") await opened.preview(options);
    else if (operation === "refresh") await opened.refresh(options);
    else await opened.up(options);
  } finally {
    fs.writeFileSync(eventLog, JSON.stringify(events));
  }
}

main().then(
  () => process.exit(0),
  () => process.exit(1), // the engine has said why
);
