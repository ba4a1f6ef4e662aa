import { dynamic, getStack, type Output, type ResourceOptions } from "@pulumi/pulumi";
import type { Secret } from "../../config/types";
import { pocketIdClient } from "./pocketId";

export interface IdentityClientArgs {
  /** The mail domain, shown to users at sign-in. */
  readonly domain: string;
  readonly identity: {
    /** An API key of a Pocket ID administrator. Without it, the client is no longer changed, and never deleted. */
    readonly apiKey?: Secret;
    /** Names of the groups whose members may sign in; empty leaves the client's restriction as it is. */
    readonly allowedGroups: readonly string[];
    /** Whether `pulumi destroy` removes the client from Pocket ID. */
    readonly onDestroy: "keep" | "remove";
  };
  readonly client: {
    /** Base URL of Pocket ID. */
    readonly issuer: string;
    /** Id of the client that the webmail and the mail admin share. */
    readonly clientId: string;
    /** Where sign-in may return to, exact to the slash. */
    readonly redirectUris: readonly string[];
    /** Where signing out may return to. */
    readonly logoutRedirectUris: readonly string[];
  };
  /** Custom CAs, in PEM form, that may have issued Pocket ID's certificate. */
  readonly trustedCertificates: readonly string[];
}

/**
 * Whether the client is a resource of the stack. A client that `pulumi destroy` would remove stays one when its key is taken out
 * of the configuration: otherwise that update would delete it at Pocket ID.
 */
export const managesClient = ({ apiKey, onDestroy }: IdentityClientArgs["identity"]): boolean =>
  apiKey !== undefined || onDestroy === "remove";

/**
 * The client's registration at Pocket ID. An existing client with that id is adopted.
 *
 * A dynamic provider rather than a Job in the cluster: it checks the key and the server in the preview, so a wrong key ends an
 * update before anything has changed, and it can delete the client. The workstation must reach Pocket ID, as every browser does.
 * The key is a secret input, so it is encrypted in the state.
 */
export class IdentityClient extends dynamic.Resource {
  declare readonly clientId: Output<string>;

  constructor(name: string, args: IdentityClientArgs, opts?: ResourceOptions) {
    const { domain, identity, client, trustedCertificates } = args;
    super(
      pocketIdClient,
      name,
      {
        stack: getStack(),
        issuer: client.issuer,
        apiKey: identity.apiKey ?? "",
        clientId: client.clientId,
        name: `Mail ${domain}`.slice(0, 50),
        callbackUrls: client.redirectUris,
        logoutCallbackUrls: client.logoutRedirectUris,
        allowedGroups: identity.allowedGroups,
        isPublic: true,
        pkceEnabled: true,
        requiresReauthentication: true,
        // Absent without custom CAs: existing stacks keep their inputs.
        ...(trustedCertificates.length > 0 && { trustedCertificates }),
      },
      { ...opts, additionalSecretOutputs: ["apiKey"], retainOnDelete: identity.onDestroy === "keep" },
      "identity",
      "PocketIdClient",
    );
  }
}
