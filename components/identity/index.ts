import { dynamic, getStack, type Output, type ResourceOptions } from "@pulumi/pulumi";
import type { Secret } from "../../config/types";
import { pocketIdClient } from "./pocketId";

export interface IdentityClientArgs {
  /** Base URL of Pocket ID. */
  readonly issuer: string;
  /** An API key of one of its administrators. Without it the client is left alone from then on, and stays for good. */
  readonly apiKey?: Secret | undefined;
  /** Id of the client that the webmail and the mail admin share. */
  readonly clientId: string;
  /** The mail domain, shown to people at sign-in. */
  readonly domain: string;
  /** Where sign-in may return to, exact to the slash. */
  readonly redirectUris: readonly string[];
  /** Where signing out may return to. */
  readonly logoutRedirectUris: readonly string[];
  /** Certificates of private authorities, in PEM form, that Pocket ID's may be of. */
  readonly trustedCertificates: readonly string[];
  /** Names of the groups whose members may sign in; empty leaves the client's restriction as it is. */
  readonly allowedGroups: readonly string[];
  /** Whether `pulumi destroy` removes the client from Pocket ID, or keeps it there. */
  readonly onDestroy: "keep" | "remove";
}

/**
 * The client's registration at Pocket ID. A client of that id that somebody made by hand is adopted.
 *
 * A dynamic provider, not a Job in the cluster: it checks key and server in the preview, so a wrong key stops an update
 * before anything is touched, and it can take the client away again, which a Job cannot. The workstation must reach
 * Pocket ID, as every browser does. The key is a secret input, so it is encrypted in the state.
 */
export class IdentityClient extends dynamic.Resource {
  declare readonly clientId: Output<string>;

  constructor(name: string, args: IdentityClientArgs, opts?: ResourceOptions) {
    super(
      pocketIdClient,
      name,
      {
        stack: getStack(),
        issuer: args.issuer,
        apiKey: args.apiKey ?? "",
        clientId: args.clientId,
        name: `Mail ${args.domain}`.slice(0, 50),
        callbackUrls: args.redirectUris,
        logoutCallbackUrls: args.logoutRedirectUris,
        allowedGroups: args.allowedGroups,
        isPublic: true,
        pkceEnabled: true,
        requiresReauthentication: true,
        // Not there at all without them: a stack that has none is the same as before.
        ...(args.trustedCertificates.length > 0 && { trustedCertificates: args.trustedCertificates }),
      },
      { ...opts, additionalSecretOutputs: ["apiKey"], retainOnDelete: args.onDestroy === "keep" },
      "identity",
      "PocketIdClient",
    );
  }
}
