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

/** At Pocket ID: where self-editing is switched off. */
const SELF_EDITING = "Administration → Application Configuration → Enable Self-Account Editing";

/**
 * What an administrator of Pocket ID should put right, for the preview: an address there decides whose mail opens. Warnings,
 * not errors: somebody who edits their own address must not be able to keep the stack from being updated. Nothing when Pocket
 * ID cannot be asked: the client's registration says why.
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
      ? [`${issuer}: people may sign up and choose their address. Restrict sign-in to a group: identity.allowedGroups.`]
      : []),
  ];
}

/** Says in a preview what is wrong with the users at Pocket ID, where there is a key to ask with. */
export async function warnAboutAccounts(
  config: Pick<StackConfig, "identity" | "trust" | "domain" | "domains" | "mailboxes" | "relay">,
): Promise<void> {
  const { issuer, apiKey } = config.identity;
  if (apiKey === undefined || !runtime.isDryRun()) return;
  const key = await new Promise<string>((resolve) => apiKey.apply(resolve));
  const server = { issuer, apiKey: key, trustedCertificates: config.trust.certificates };
  for (const warning of await signInWarnings(server, addressesOf(config))) await log.warn(warning);
}
