import type { ConfigInput, Path } from "../schema";

/** A problem of a key. It does not contain the value, because addresses may be secret. */
export interface Finding {
  readonly path: Path;
  /** What is wrong, as the rest of a sentence that begins with the key. */
  readonly text: string;
  /** What the fix removes: the "key" if it is not allowed, or the "value" if it does not fit. @default another value is set */
  readonly remove?: "key" | "value";
  /** The key that the fix sets. @default the key itself, unless it is removed */
  readonly set?: Path;
}

/** The groups that are valid, for the rules about several keys. The others have findings of their own. */
export type PartialConfig = { readonly [Key in keyof ConfigInput]?: ConfigInput[Key] | undefined };
