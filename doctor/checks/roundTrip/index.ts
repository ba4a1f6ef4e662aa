import type { MailboxLogin } from "../../clients/mailProvider";
import { type CheckContext, type CheckDefinition, limits, logins } from "../../context";
import type { Result } from "../../result";
import { sendAround } from "./collect";
import { evaluateRoundTrip } from "./evaluate";
import { roundTripMessages } from "./messages";

async function run({ stack, signal, registerCleanup, lookups }: CheckContext): Promise<Result[]> {
  const { namespace, provider, relay, trust } = stack.config;
  // Needed before anything is sent: a message that cannot be found again would stay.
  const [base, password] = await Promise.all([lookups.mailServer(), lookups.adminPassword()]);
  const trip = sendAround({
    ...provider,
    relay: { username: relay.username, password: stack.relayPassword },
    to: logins(stack)[0] as MailboxLogin, // a configuration without a mailbox does not load
    ca: trust.certificates,
    limit: limits.connection,
    timeout: limits.delivery,
    server: { base, password },
    signal,
  });
  registerCleanup(trip);
  return [evaluateRoundTrip(await trip, namespace)];
}

export const roundTrip: CheckDefinition = {
  messages: roundTripMessages,
  checks: (context) =>
    context.send ? [{ subject: "round trip", obscures: [], limit: limits.send, run: () => run(context) }] : [],
};
