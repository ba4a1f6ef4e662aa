import { createHash, createHmac } from "node:crypto";

/** Hexadecimal digits that change when the text does. */
export const shortHash = (text: string, digits = 10): string =>
  createHash("sha256").update(text).digest("hex").slice(0, digits);

/**
 * Ten hexadecimal digits that change when a confidential text does. A plain hash would confirm a guess of the text; this one
 * does not without the key.
 */
export const keyedHash = (text: string, key: string): string =>
  createHmac("sha256", key).update(text).digest("hex").slice(0, 10);
