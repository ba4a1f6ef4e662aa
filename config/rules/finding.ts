import type { ConfigInput, Path } from "../schema";

/** Something wrong with a key, without the value: addresses may be secret. */
export interface Finding {
  readonly path: Path;
  /** What is wrong, as the rest of a sentence that begins with the key. */
  readonly text: string;
  /** Whether it has to go: the "key" because it can be none, or the "value" because it does not fit. @default another value is set */
  readonly remove?: "key" | "value";
  /** What is set then. @default the key itself, unless it is removed */
  readonly set?: Path;
}

/** The groups that are valid, for the rules about several keys. The others have findings of their own. */
export type PartialConfig = { readonly [Key in keyof ConfigInput]?: ConfigInput[Key] | undefined };
