import { type CheckContext, type CheckDefinition, limits } from "../context";
import type { Check } from "../run";
import { certificates } from "./certificates";
import { clientAddresses } from "./clientAddresses";
import { cluster } from "./cluster";
import { configuration } from "./configuration";
import { devices } from "./devices";
import { dns } from "./dns";
import { fetching } from "./fetching";
import { migration } from "./migration";
import { pocketId } from "./pocketId";
import { provider } from "./provider";
import { queue } from "./queue";
import { roundTrip } from "./roundTrip";
import { signIn } from "./signIn";

/** All checks; results of one group are reported in this order. */
export const definitions: readonly CheckDefinition[] = [
  configuration,
  dns,
  certificates,
  provider,
  signIn,
  pocketId,
  clientAddresses,
  devices,
  cluster,
  fetching,
  queue,
  roundTrip,
  migration,
];

/** The checks to run for a stack, with the options that the user chose. */
export const buildChecks = (context: CheckContext): Check[] =>
  definitions.flatMap(({ messages: { group }, checks }) =>
    checks(context).map((check) => ({ group, limit: limits.check, ...check })),
  );
