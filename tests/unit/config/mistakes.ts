import type { Case } from "./mistakes/case";
import { onTheCluster } from "./mistakes/cluster";
import { onMailboxes } from "./mistakes/mailboxes";
import { onMigrations } from "./mistakes/migrations";
import { onTheOutside } from "./mistakes/outside";
import { onTheProvider } from "./mistakes/provider";
import { onSources } from "./mistakes/sources";

/** Every mistake that is reported by itself. */
export const cases: readonly Case[] = [
  ...onMailboxes,
  ...onMigrations,
  ...onSources,
  ...onTheProvider,
  ...onTheOutside,
  ...onTheCluster,
];
