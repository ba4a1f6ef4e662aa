import * as rule from "../rules/values";
import { count, object, optionalSecret, optionalText, text } from "./values";

const generated = (what: string) =>
  optionalSecret(`${what}, when the stack is not to generate it: \`npm run adopt\` sets it`, "generated", [
    rule.notEmpty,
    rule.noControlCharacters,
  ]);

/** Generated values are only in the stack's state. They can be set here, so that a new state does not generate other ones. */
export const generatedSecrets = object(
  {
    adminPassword: generated("The generated password of Stalwart's recovery administrator"),
    desKey: generated("The key of the webmail's sessions, 24 characters"),
    metricsPassword: generated("The password that Prometheus reads the mail server's metrics with"),
  },
  { description: "What the stack generated before its state was lost" },
);

export const backup = object(
  {
    snapshotClass: optionalText(
      {
        description: "The VolumeSnapshotClass of scheduled snapshots of both volumes",
        derived: "no snapshots",
        example: "longhorn-snapshot-vsc",
      },
      [rule.kubernetesName],
    ),
    schedule: text(
      "15 3 * * *",
      { description: "When snapshots are made: minute, hour, day, month, day of the week, in the cluster's time zone" },
      [rule.cronSchedule],
    ),
    keep: count(7, 365, { description: "How many usable snapshots of each volume stay" }),
  },
  { description: "Scheduled snapshots of the volumes" },
);
