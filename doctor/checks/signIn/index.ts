import { identityClient } from "../../../components/outputs/clients";
import { webmailLogoutUri, webmailRedirectUri } from "../../../components/webmail/config";
import { type CheckDefinition, limits } from "../../context";
import { collectSignIn } from "./collect";
import { evaluateSignIn } from "./evaluate";
import { signInMessages } from "./messages";

export const signIn: CheckDefinition = {
  messages: signInMessages,
  checks: ({ stack: { config, apiKey }, lookups }) => [
    {
      obscures: ["read"],
      run: async () => {
        const { hosts, identity, namespace, domain, trust } = config;
        const { redirectUris, logoutRedirectUris } = identityClient({
          ...config,
          webmailRedirectUri: webmailRedirectUri(hosts.webmail),
          webmailLogoutUri: webmailLogoutUri(hosts.webmail),
        });
        const args = {
          namespace,
          domain,
          issuer: identity.issuer,
          clientId: identity.clientId,
          apiKey,
          redirectUris,
          logoutRedirectUris,
          allowedGroups: identity.allowedGroups,
          ca: trust.certificates,
          limit: limits.connection,
          server: lookups.mailServer(),
        };
        return evaluateSignIn(await collectSignIn(args, lookups.issuer()));
      },
    },
  ],
};
