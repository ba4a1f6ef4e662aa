import type { Group } from "./groups";
import { defineMessages } from "./messages";
import type { Capability, Result } from "./result";

/** What any check can say when it could not be made. */
export const metaCatalog = {
  meta: {
    title: "the check itself",
    description: "whether the check could be made at all; every group can say this",
    ok: "done",
    failures: {
      slow: {
        level: "failure",
        message: "no answer within {seconds} seconds, so this was not looked at",
        fix: "Look at this machine's network, then run it again: `npm run doctor`",
      },
      broken: {
        level: "failure",
        message: "this could not be looked at: {reason}",
        fix: "Mend that, then run it again: `npm run doctor`",
      },
      skipped: {
        level: "failure",
        message: "not looked at, because {reason}",
        fix: "Mend that first, then run it again: `npm run doctor`",
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
