import { log, runtime } from "@pulumi/pulumi";
import {
  type Addresses,
  addressesOf,
  addressProblems,
  explain,
  type IssuerUser,
  usersEditThemselves,
  usersSignUp,
} from "../../config/addresses";
import type { StackConfig } from "../../config/types";
import { listAll, request, type Server } from "./api";

/** Where to disable self-editing at Pocket ID. */
const SELF_EDITING = "Administration → Application Configuration → Enable Self-Account Editing";

/**
 * What an administrator of Pocket ID should correct, for the preview: a user's address there decides whose mail opens. These are
 * warnings, because a user who edits their own address must not be able to block updates. Empty when Pocket ID is unreachable:
 * the client's registration reports that.
 */
export async function signInWarnings(server: Server, addresses: Addresses): Promise<string[]> {
  const [users, settings] = await Promise.all([
    listAll<IssuerUser>(server, "/users").catch(() => []),
    request(server, "GET", "/application-configuration").then(
      ({ status, body }) => (status === 200 ? (body as { key: string; value: string }[]) : []),
      () => [],
    ),
  ]);
  const set = Object.fromEntries(settings.map(({ key, value }) => [key, value]));
  const { issuer } = server;
  return [
    ...addressProblems(users, addresses).map((problem) => `${issuer}: user ${problem.username} ${explain(problem)}.`),
    ...(usersEditThemselves(set)
      ? [`${issuer}: users may change their own address, and with it whose mail they open. Switch off ${SELF_EDITING}.`]
      : []),
    ...(usersSignUp(set)
      ? [`${issuer}: users may sign up and choose their address. Restrict sign-in to a group: identity.allowedGroups.`]
      : []),
  ];
}

/** Warns in a preview about users at Pocket ID, if an API key is configured. */
export async function warnAboutAccounts(
  config: Pick<StackConfig, "identity" | "trust" | "domain" | "domains" | "mailboxes" | "relay">,
): Promise<void> {
  const { issuer, apiKey } = config.identity;
  if (apiKey === undefined || !runtime.isDryRun()) return;
  const key = await new Promise<string>((resolve) => apiKey.apply(resolve));
  const server = { issuer, apiKey: key, trustedCertificates: config.trust.certificates };
  for (const warning of await signInWarnings(server, addressesOf(config))) await log.warn(warning);
}
