import { type CheckDefinition, limits, logins, sourceLogins } from "../../context";
import { collectMailbox, collectRelay } from "./collect";
import { collectSender } from "./collectSenders";
import { evaluateProvider } from "./evaluate";
import { evaluateSource } from "./evaluateSource";
import { providerMessages } from "./messages";

export const provider: CheckDefinition = {
  messages: providerMessages,
  checks: ({ stack, lookups }) => [
    {
      obscures: ["in", "out"],
      run: async () => {
        const { namespace, provider, relay, trust } = stack.config;
        const session = { ca: trust.certificates, limit: limits.connection };
        const relayLogin = { username: relay.username, password: stack.relayPassword };
        const [mailboxes, sources, relayLoggedIn, { fetchers }, senders] = await Promise.all([
          Promise.all(logins(stack).map((login) => collectMailbox(provider.imap, login, session))),
          Promise.all(
            sourceLogins(stack).map(async ({ imap, source, ...login }) => ({
              ...(await collectMailbox(imap, login, session)),
              source,
              wanted: login.folders,
            })),
          ),
          collectRelay(provider.smtp, relayLogin, session),
          lookups.fetchers(),
          Promise.all(
            logins(stack).map(({ mailbox, address, password }) => {
              const login = relay.mode === "mailbox" ? { username: address, password } : relayLogin;
              return collectSender(provider.smtp, mailbox, address, login, session);
            }),
          ),
        ]);
        return [
          ...evaluateProvider({ namespace, now: Date.now(), mailboxes, relay: relayLoggedIn, fetchers, senders }),
          ...sources.flatMap((seen) => evaluateSource(seen, namespace)),
        ];
      },
    },
  ],
};
