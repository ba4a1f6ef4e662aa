import { choice, item, list, optionalText, section, text } from "../kinds";
import * as rule from "../rules/values";
import { free, hostRules, lowerCase, secretDoc, verbatim } from "./shared";

export const hosts = section(
  {
    mail: optionalText(
      {
        description: "The host for mail clients, web admin and JMAP",
        derived: "mail.<domain>",
        example: "mail.newjoy.ro",
      },
      hostRules,
      lowerCase,
    ),
    webmail: optionalText(
      { description: "The host of the webmail", derived: "webmail.<domain>", example: "webmail.newjoy.ro" },
      hostRules,
      lowerCase,
    ),
    autoconfig: optionalText(
      {
        description: "A host where mail clients find their settings",
        derived: "none",
        example: "autoconfig.newjoy.ro",
      },
      hostRules,
      lowerCase,
    ),
  },
  { description: "The names people reach the stack under" },
);

export const identity = section(
  {
    issuer: text(
      "https://auth.newjoy.ro",
      { description: "The OpenID Connect issuer: https, no path, no slash at the end" },
      [rule.issuerUrl],
    ),
    name: text("Pocket ID", { description: "What the sign-in button calls the issuer" }, free),
    clientId: text(
      "stalwart-webui",
      {
        description:
          "The public PKCE client that webmail and mail admin share, so that other apps' tokens open no mail",
      },
      [rule.clientId],
    ),
    clientSecret: optionalText(
      { ...secretDoc("The client's secret, when the client is not public"), derived: "none" },
      [rule.notEmpty, rule.noControlCharacters],
      verbatim,
    ),
    apiKey: optionalText(
      {
        ...secretDoc("An API key of a Pocket ID administrator; with it the stack registers the client itself"),
        derived: "none",
      },
      [rule.notEmpty, rule.noControlCharacters],
      verbatim,
    ),
    allowedGroups: list(item([rule.notEmpty, rule.noControlCharacters]), [], {
      description: "Pocket ID groups whose members may sign in, when the stack registers the client; none lets all in",
      example: "family",
    }),
    onDestroy: choice(["keep", "remove"], "keep", {
      description: "What `pulumi destroy` does with the client at Pocket ID, when the stack registered it",
      example: "remove",
    }),
  },
  { description: "Single sign-on" },
);

export const admin = section(
  {
    password: optionalText(
      { ...secretDoc("The password of Stalwart's recovery administrator, admin"), derived: "generated" },
      [rule.notEmpty, rule.noControlCharacters],
      verbatim,
    ),
  },
  { description: "The mail server's recovery administrator" },
);
