import { wholeAddress } from "../../config/addresses";
import type { Mailbox } from "../../config/types";
import { php } from "./php";

/** Where the pod finds who may send as what. */
export const identitiesDirectory = "/var/roundcube/identities";
export const identitiesFile = "identities.json";

/**
 * Every address of each account, by the address that signs in, with the name that senders show. Addresses are confidential,
 * so it belongs in a Secret; as a folder it reaches a running pod, and a new alias restarts nothing.
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

/** PHP that makes them senders after a sign-in (program/identities.php). */
export const identitiesPhp = (): string =>
  [
    "rcube_plugin_api::get_instance()->register_hook('login_after', function ($login) {",
    `    homelab_identities::provision(rcmail::get_instance(), ${php(`${identitiesDirectory}/${identitiesFile}`)});`,
    "    return $login;",
    "});",
  ].join("\n");
