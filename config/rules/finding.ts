import type { Path } from "../paths";
import type { Written } from "../schema";

/** Something wrong with a key, without the value: addresses may be secret. */
export interface Finding {
  readonly path: Path;
  readonly text: string;
  /** How it is mended; the report turns it into commands. @default "set" */
  readonly mend?: "set" | "remove";
  /** For a name that cannot be: one that can. */
  readonly rename?: string;
}

/** What the rules about several keys look at: groups that could be read; the others are reported elsewhere. */
export type Readable = { readonly [Key in keyof Written]?: Written[Key] | undefined };
