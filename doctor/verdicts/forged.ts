import type { ForgedObservation } from "../observe/forged";
import { type Catalogue, speaker, type Verdict } from "../verdict";

export const forgedTexts = {
  address: {
    title: "client addresses",
    looks:
      "whether the mail server believes a client that writes another address into `Forwarded` or `X-Forwarded-For` itself; it bans by address",
    ok: "the mail server believes the ingress controller about them, and no client",
    troubles: {
      believed: {
        level: "warning",
        meaning:
          "a client that writes {header} itself is believed, so who guesses passwords over the web is never banned, or gets others banned",
        mend: "Let the ingress controller replace it: docs/reference/ingress-controllers.md, `Forged addresses`",
        row: "The doctor says that a client who writes `Forwarded` is believed",
      },
      unknown: {
        level: "unknown",
        meaning: "whether clients' own headers are believed cannot be told: {reason}",
        mend: "Look whether the host leads to the ingress controller and the settings are applied, `pulumi up`, then run it again: `npm run doctor`",
      },
    },
  },
} as const satisfies Catalogue;

const { fine, trouble } = speaker("signIn", forgedTexts);

export function judgeForged({ host, plain, believed }: ForgedObservation): Verdict[] {
  if ("reason" in plain) return [trouble("address", "unknown", { reason: plain.reason }, host)];
  if (plain.status !== 403) {
    const reason = `it should refuse a request from outside, and answers HTTP ${plain.status}`;
    return [trouble("address", "unknown", { reason }, host)];
  }
  if (believed.length > 0) return [trouble("address", "believed", { header: believed.join(" and ") }, host)];
  return [fine("address", {}, host)];
}
