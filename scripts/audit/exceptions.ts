import type { Exception } from "./report";

/** docs/reference/supply-chain.md lists them; tests/unit/scripts/audit.test.ts compares. */
export const exceptions: readonly Exception[] = [];
