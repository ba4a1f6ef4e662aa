import { defineMessages } from "../../messages";

export const clientAddressMessages = defineMessages("signIn", {
  address: {
    title: "client addresses",
    description:
      "whether a client can forge its address with `Forwarded` or `X-Forwarded-For`; the mail server bans by address",
    ok: "the mail server takes them from the ingress controller only",
    failures: {
      forgeable: {
        level: "warning",
        message:
          "a client can forge its address with {header}, so an attacker who guesses passwords is never banned, or gets others banned",
        fix: "Let the ingress controller replace it: docs/reference/ingress-controllers.md, `Forged addresses`",
        row: "The doctor says that a client can forge its address",
      },
      unknown: {
        level: "unknown",
        message: "not tested, whether a client can forge its address: {reason}",
        fix: "Check that the host resolves to the ingress controller, and apply the settings: `pulumi up`. Then run it again: `npm run doctor`",
      },
    },
  },
});
