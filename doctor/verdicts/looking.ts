import type { Catalogue, Group, Verdict, Way } from "../verdict";
import { speaker } from "../verdict";

/** What can go wrong with any look, whatever it looks at. */
export const lookingTexts = {
  looking: {
    title: "the check itself",
    looks: "whether the check could be made at all; every group can say this",
    ok: "done",
    troubles: {
      slow: {
        level: "failure",
        meaning: "no answer within {seconds} seconds, so this was not looked at",
        mend: "Look at this machine's network, then run it again: `npm run doctor`",
      },
      broken: {
        level: "failure",
        meaning: "this could not be looked at: {reason}",
        mend: "Mend that, then run it again: `npm run doctor`",
      },
      skipped: {
        level: "failure",
        meaning: "not looked at, because {reason}",
        mend: "Mend that first, then run it again: `npm run doctor`",
      },
    },
  },
} as const satisfies Catalogue;

type Holes = { readonly seconds: number } | { readonly reason: string };

/** That a group could not be looked at, and what that leaves open. */
export function unseen(
  group: Group,
  code: keyof typeof lookingTexts.looking.troubles,
  holes: Holes,
  hides: readonly Way[],
  subject?: string,
): Verdict {
  const { trouble } = speaker(group, lookingTexts);
  return { ...trouble("looking", code, holes as never, subject), hides };
}
