import { wholeAddress } from "../../config/addresses";
import type { Mailbox } from "../../config/types";
import { php } from "./php";

/** The path of the identities in the pod. */
export const identitiesDirectory = "/var/roundcube/identities";
export const identitiesFile = "identities.json";

/**
 * Every address of each account, by the address that signs in, with the sender's display name. Addresses are confidential, so
 * this is stored in a Secret. It is mounted as a folder, so a running pod gets a new alias without a restart.
 */
export function identities(mainDomain: string, mailboxes: readonly Mailbox[]): string {
  return JSON.stringify(
    Object.fromEntries(
      mailboxes.map(({ address, aliases, displayName }) => [
        address,
        { name: displayName, addresses: [address, ...aliases.map((alias) => wholeAddress(alias, mainDomain))] },
      ]),
    ),
  );
}

/** PHP code that creates identities from them after a sign-in (program/identities.php). */
export const identitiesPhp = (): string =>
  [
    "rcube_plugin_api::get_instance()->register_hook('login_after', function ($login) {",
    `    homelab_identities::provision(rcmail::get_instance(), ${php(`${identitiesDirectory}/${identitiesFile}`)});`,
    "    return $login;",
    "});",
  ].join("\n");
