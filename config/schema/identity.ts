import { caCertificates } from "../rules/certificates";
import * as rule from "../rules/values";
import { list, listItem, listOfTexts, nonEmptyText, object, oneOf, optionalSecret, requiredText, text } from "./values";

export const identity = object(
  {
    issuer: requiredText(
      {
        description: "The OpenID Connect issuer, whose tokens open mailboxes: https, no path, no slash at the end",
        example: "https://auth.example.org",
      },
      [rule.issuerUrl],
      { missing: "is missing: it no longer has a default; earlier versions defaulted to https://auth.newjoy.ro" },
    ),
    name: text("Pocket ID", { description: "What the sign-in button calls the issuer" }, nonEmptyText),
    clientId: text(
      "stalwart-webui",
      {
        description:
          "The public PKCE client that webmail and mail admin share, so that other apps' tokens open no mail",
      },
      [rule.clientId],
    ),
    apiKey: optionalSecret(
      "An API key of a Pocket ID administrator; with it the stack registers the client itself",
      "none",
    ),
    allowedGroups: list(listItem(nonEmptyText), [], {
      description:
        "Pocket ID groups whose members may sign in; needs identity.apiKey. Without any, the client's own restriction at Pocket ID stays as it is",
      example: "family",
    }),
    onDestroy: oneOf(["keep", "remove"], "keep", {
      description:
        "What `pulumi destroy` does with the client at Pocket ID, when the stack registered it; needs identity.apiKey then",
      example: "remove",
    }),
  },
  { description: "Single sign-on" },
);

export const admin = object(
  {
    password: optionalSecret(
      "The password of Stalwart's recovery administrator, admin, which opens every mailbox: at least 20 characters, no blank at an end, and none of $, _ and { at the beginning",
      "generated",
      [...nonEmptyText, rule.administratorPassword],
    ),
  },
  { description: "The mail server's recovery administrator" },
);

export const trust = object(
  {
    certificates: listOfTexts(listItem([rule.notEmpty, caCertificates]), {
      description:
        "Custom CA certificates in PEM form, trusted in addition to the public CAs: by the mail server, the fetchers, the webmail and, at Pocket ID, this program",
      file: "ca.crt",
    }),
  },
  { description: "Custom CA certificates" },
);
