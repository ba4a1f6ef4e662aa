import { defineMessages } from "../../messages";

export const clientAddressMessages = defineMessages("signIn", {
  address: {
    title: "client addresses",
    description:
      "whether the mail server believes a client that writes another address into `Forwarded` or `X-Forwarded-For` itself; it bans by address",
    ok: "the mail server believes the ingress controller about them, and no client",
    failures: {
      believed: {
        level: "warning",
        message:
          "a client that writes {header} itself is believed, so who guesses passwords over the web is never banned, or gets others banned",
        fix: "Let the ingress controller replace it: docs/reference/ingress-controllers.md, `Forged addresses`",
        row: "The doctor says that a client who writes `Forwarded` is believed",
      },
      unknown: {
        level: "unknown",
        message: "whether clients' own headers are believed cannot be told: {reason}",
        fix: "Look whether the host leads to the ingress controller and the settings are applied, `pulumi up`, then run it again: `npm run doctor`",
      },
    },
  },
});
