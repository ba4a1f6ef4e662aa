import type { Group } from "./groups";
import { defineMessages } from "./messages";
import type { Capability, Result } from "./result";

/** The messages of any check that could not run. */
export const metaCatalog = {
  meta: {
    title: "the check itself",
    description: "whether the check could run at all; every group can report this",
    ok: "done",
    failures: {
      slow: {
        level: "failure",
        message: "timed out after {seconds} seconds, so this was not checked",
        fix: "Check this machine's network, then run it again: `npm run doctor`",
      },
      broken: {
        level: "failure",
        message: "could not be checked: {reason}",
        fix: "Fix that, then run it again: `npm run doctor`",
      },
      skipped: {
        level: "failure",
        message: "not checked, because {reason}",
        fix: "Fix that first, then run it again: `npm run doctor`",
      },
    },
  },
} as const;

type Params = { readonly seconds: number } | { readonly reason: string };

/** A group, or a part of it, that could not be checked, and what cannot be answered without it. */
export function notChecked(
  group: Group,
  code: keyof typeof metaCatalog.meta.failures,
  params: Params,
  obscures: readonly Capability[],
  subject?: string,
): Result {
  const { fail } = defineMessages(group, metaCatalog);
  return { ...fail("meta", code, params as never, subject), obscures };
}
