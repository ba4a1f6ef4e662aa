import { read } from "../unit/config/support";
import { numbers, stackFile } from "./stackFiles";

/** Stack files that are accepted, the first so many of them. */
export function* acceptedFiles(seed: number, count: number) {
  const random = numbers(seed);
  const secretKeys = ["mailboxes", "relay", "identity", "admin", "generated", "monitoring", "migrations"];
  for (let found = 0; found < count; ) {
    const file = stackFile(random);
    const result = read(file, { secretKeys });
    if ("report" in result) continue;
    found++;
    yield { file, config: result.config };
  }
}
