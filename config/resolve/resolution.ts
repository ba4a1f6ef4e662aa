import type { Finding } from "../rules/finding";

/** A value that follows from several keys, or the findings that say why it is unknown. With neither, one of the keys is invalid. */
export interface Resolution<T> {
  readonly value?: T;
  readonly findings: readonly Finding[];
}

/** All of the values, or none of them when one is missing. */
export const all = <T>(values: readonly (T | undefined)[]): readonly T[] | undefined =>
  values.every((value) => value !== undefined) ? values : undefined;
