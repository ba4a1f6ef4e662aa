import { migrationName } from "../../../config/names";
import type { Result } from "../../result";
import type { FolderCompared, MigrationObservation } from "./collect";
import { migrationMessages } from "./messages";

const say = migrationMessages;

const daysOf = ({ oldest, newest }: FolderCompared): string =>
  oldest === undefined ? "" : `, from ${oldest} to ${newest}`;

export function evaluateMigration(seen: MigrationObservation, namespace: string): Result[] {
  const { migration: name } = seen;
  const object = migrationName(name);
  if ("failed" in seen) {
    const { reason } = seen;
    if (seen.side === "here") return [say.fail("migration", "unread", { reason, namespace }, name)];
    return [say.fail("migration", seen.failed === "refused" ? "refused" : "unreachable", { reason, name }, name)];
  }
  if (seen.folders.length === 0) return [say.fail("migration", "nothing", { name }, name)];
  const lines = seen.folders.flatMap((one): Result[] => {
    const { folder, there, here, missing, tooLarge } = one;
    const subject = `${name} ${folder}`;
    const days = daysOf(one);
    const compared =
      missing === 0
        ? say.ok("folder", { there, here, days }, subject)
        : say.fail("folder", "behind", { missing, there, here, days, namespace, object }, subject);
    return tooLarge === 0 ? [compared] : [compared, say.fail("folder", "tooLarge", { count: tooLarge, name }, subject)];
  });
  const sum = (key: "missing" | "tooLarge"): number => seen.folders.reduce((all, one) => all + one[key], 0);
  const missing = sum("missing");
  const but = sum("tooLarge") === 0 ? "" : ` except ${sum("tooLarge")} that are too large`;
  const whole =
    missing === 0
      ? say.ok("migration", { but }, name)
      : say.fail("migration", "behind", { missing, namespace, object }, name);
  return [...lines, whole];
}
