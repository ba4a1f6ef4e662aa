/** Where the values that are accepted end: good ones and bad ones next to each other. */
export interface Boundary {
  /** The key that the report must name. */
  readonly key: string;
  readonly config: (value: string) => object;
  readonly good: readonly unknown[];
  readonly bad: readonly unknown[];
}

export type Boundaries = Readonly<Record<string, Boundary>>;
