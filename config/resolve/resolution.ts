import type { Finding } from "../rules/finding";

/** What follows from several keys, or the reasons why it cannot be known. Without either, a key that it needs is invalid. */
export interface Resolution<T> {
  readonly value?: T;
  readonly findings: readonly Finding[];
}

/** All of the values, or none of them when one is missing. */
export const all = <T>(values: readonly (T | undefined)[]): readonly T[] | undefined =>
  values.every((value) => value !== undefined) ? values : undefined;
