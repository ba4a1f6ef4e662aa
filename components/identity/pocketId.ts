import type { dynamic } from "@pulumi/pulumi";
import { checkVersion, listAll, type Response, request, type Server } from "./api";
import { type Configured, configuredNow } from "./configuredNow";

/** The client as it should be at Pocket ID, and how to connect to the server. */
export interface ClientInputs extends Server {
  /** The stack whose configuration has the key. One that was registered by 0.1.0 has none in its state. */
  readonly stack?: string;
  readonly clientId: string;
  /** Shown to users at sign-in. At most 50 characters. */
  readonly name: string;
  readonly callbackUrls: readonly string[];
  readonly logoutCallbackUrls: readonly string[];
  /** Names of the groups whose members may sign in; empty leaves the client's restriction as it is. */
  readonly allowedGroups: readonly string[];
  /** Stalwart's own pages sign in without a secret. */
  readonly isPublic: true;
  readonly pkceEnabled: true;
  /**
   * Every client has the device grant, and its page approves on load for a signed-in user: opening a mailed link would give a
   * stranger's program the user's mail. With this setting, approval needs a passkey.
   */
  readonly requiresReauthentication: true;
}

/** What Pocket ID knows of a client; only the parts that are ours to read or keep. */
interface Client {
  readonly name?: string;
  readonly description?: string;
  readonly launchURL?: string | null;
  readonly callbackURLs?: readonly string[] | null;
  readonly logoutCallbackURLs?: readonly string[] | null;
  readonly isPublic?: boolean;
  readonly pkceEnabled?: boolean;
  readonly requiresReauthentication?: boolean;
  readonly skipConsent?: boolean;
  readonly isGroupRestricted?: boolean;
  readonly allowedUserGroups?: readonly { readonly name: string }[] | null;
  readonly credentials?: { readonly federatedIdentities?: unknown[] };
  readonly accessTokenDurationMinutes?: number;
  readonly refreshTokenDurationMinutes?: number;
}

const pathOf = (clientId: string): string => `/oidc/clients/${encodeURIComponent(clientId)}`;

/** Ids of the allowed groups; fails when a group does not exist. */
async function groupIds(inputs: ClientInputs): Promise<string[]> {
  const ids: string[] = [];
  for (const name of inputs.allowedGroups) {
    const groups = await listAll<{ id: string; name: string }>(inputs, "/user-groups", name);
    const group = groups.find((candidate) => candidate.name === name);
    if (!group) {
      throw new Error(
        `identity.allowedGroups: there is no group "${name}" at ${inputs.issuer}. Nothing was changed. ` +
          "Make the group there, or take it out: pulumi config rm --path identity.allowedGroups",
      );
    }
    ids.push(group.id);
  }
  return ids;
}

/** The configured properties, and those set by hand that this stack does not manage. */
function representation(inputs: ClientInputs, existing: Client | undefined): Record<string, unknown> {
  return {
    ...(existing?.launchURL && { launchURL: existing.launchURL }),
    ...(existing?.accessTokenDurationMinutes && { accessTokenDurationMinutes: existing.accessTokenDurationMinutes }),
    ...(existing?.refreshTokenDurationMinutes && { refreshTokenDurationMinutes: existing.refreshTokenDurationMinutes }),
    name: inputs.name,
    description: existing?.description ?? "",
    callbackURLs: inputs.callbackUrls,
    logoutCallbackURLs: inputs.logoutCallbackUrls,
    isPublic: inputs.isPublic,
    pkceEnabled: inputs.pkceEnabled,
    requiresReauthentication: inputs.requiresReauthentication,
    requiresPushedAuthorizationRequests: false,
    skipConsent: existing?.skipConsent ?? true,
    credentials: { federatedIdentities: existing?.credentials?.federatedIdentities ?? [] },
    // Taking this away takes the client's groups with it.
    isGroupRestricted: inputs.allowedGroups.length > 0 || existing?.isGroupRestricted === true,
  };
}

/** Creates the client, or updates it to the configured properties. */
async function register(inputs: ClientInputs): Promise<void> {
  const groups = await groupIds(inputs);
  const found = await request(inputs, "GET", pathOf(inputs.clientId));
  if (found.status === 404) {
    await request(inputs, "POST", "/oidc/clients", { id: inputs.clientId, ...representation(inputs, undefined) });
  } else {
    await request(inputs, "PUT", pathOf(inputs.clientId), representation(inputs, found.body as Client));
  }
  if (groups.length > 0) {
    await request(inputs, "PUT", `${pathOf(inputs.clientId)}/allowed-user-groups`, { userGroupIds: groups });
  }
}

/** The live list, or the wanted one if they differ in their order only. */
function found(wanted: readonly string[], live: readonly string[]): readonly string[] {
  return [...wanted].sort().join("\n") === [...live].sort().join("\n") ? wanted : live;
}

/** The inputs with the client's live properties, so that the next update corrects every difference. */
function asFound(inputs: ClientInputs, live: Client): ClientInputs {
  const groups = live.isGroupRestricted ? (live.allowedUserGroups ?? []).map(({ name }) => name) : [];
  const really = {
    name: live.name ?? "",
    callbackUrls: found(inputs.callbackUrls, live.callbackURLs ?? []),
    logoutCallbackUrls: found(inputs.logoutCallbackUrls, live.logoutCallbackURLs ?? []),
    allowedGroups: inputs.allowedGroups.length === 0 ? [] : found(inputs.allowedGroups, groups),
    isPublic: live.isPublic === true,
    pkceEnabled: live.pkceEnabled === true,
    requiresReauthentication: live.requiresReauthentication === true,
  };
  return { ...inputs, ...really } as ClientInputs;
}

/** The configured key, where it is for this server: no key is sent to another one than it was given for. */
function withKeyOf(configured: Configured | undefined, inputs: ClientInputs): ClientInputs {
  return configured?.issuer === inputs.issuer && typeof configured.apiKey === "string"
    ? { ...inputs, apiKey: configured.apiKey }
    : inputs;
}

const isRefusal = (problem: unknown): boolean => /refuses the key/.test((problem as Error).message);

/** Undefined when neither the key that the engine knows nor the configured one is taken. */
async function readClient(inputs: ClientInputs, known: Configured | undefined): Promise<Response | undefined> {
  const first = withKeyOf(known, inputs);
  const get = (server: ClientInputs) => request(server, "GET", pathOf(inputs.clientId));
  try {
    return await get(first);
  } catch (problem) {
    if (!isRefusal(problem)) throw problem;
    const now = withKeyOf(inputs.stack === undefined ? undefined : await configuredNow(inputs.stack), inputs);
    if (now.apiKey !== first.apiKey) return get(now);
    console.error(`${(problem as Error).message}, then: pulumi refresh --run-program`);
    return undefined;
  }
}

type Provider = dynamic.ResourceProvider<ClientInputs, ClientInputs> & { configured?: Configured };

/**
 * Runs on the workstation, in a process of its own, from text in the stack's state: nothing here may refer to packages or
 * to values of the program. The key reaches it as a secret input, and with the configuration.
 */
export const pocketIdClient: Provider = {
  /** Receives the stack's configuration: that of the last update, where the program does not run. */
  async configure(this: Provider, { config }) {
    try {
      this.configured = JSON.parse(config.get("identity") ?? "{}");
    } catch {
      this.configured = {}; // the program has its own words for that
    }
  },

  /** Runs in previews, too: a wrong key or a server that is unreachable ends the update before anything is touched. */
  async check(_olds, news) {
    if (news.apiKey === "") return { inputs: news, failures: [] };
    try {
      await checkVersion(news);
      await request(news, "GET", pathOf(news.clientId));
      await groupIds(news);
      return { inputs: news, failures: [] };
    } catch (problem) {
      return { inputs: news, failures: [{ property: "apiKey", reason: (problem as Error).message }] };
    }
  },

  async diff(_id, olds, news) {
    const replaces = (["issuer", "clientId"] as const).filter((key) => olds[key] !== news[key]);
    const keys = [
      "__provider", // this text: what the state has of it is what a refresh and a destroy run
      "stack",
      "apiKey",
      "name",
      "callbackUrls",
      "logoutCallbackUrls",
      "allowedGroups",
      "isPublic",
      "pkceEnabled",
      "requiresReauthentication",
      "trustedCertificates",
    ] as const;
    const [before, after] = [olds, news] as unknown as Record<string, unknown>[];
    const changed = keys.some((key) => JSON.stringify(before?.[key]) !== JSON.stringify(after?.[key]));
    return { changes: changed || replaces.length > 0, replaces: [...replaces] };
  },

  async create(inputs) {
    if (inputs.apiKey !== "") await register(inputs);
    return { id: inputs.clientId, outs: inputs };
  },

  /** `pulumi refresh`: the next update corrects what was changed or removed at Pocket ID. */
  async read(this: Provider, id, props) {
    if (!props) return {};
    const answer = props.apiKey === "" ? undefined : await readClient(props, this.configured);
    if (answer === undefined) return { id, props };
    if (answer.status === 404) return {};
    const live = asFound(props, answer.body as Client);
    return { id, props: live, inputs: live };
  },

  async update(_id, _olds, news) {
    if (news.apiKey !== "") await register(news);
    return { outs: news };
  },

  /**
   * Without a key in the configuration, the client is managed by hand and must stay; the same holds for a client at a former
   * issuer, which opens no mail any more. The current configuration decides: an update that removes `apiKey` and `onDestroy`
   * together has no such resource in its program, and looks like a destroy here.
   */
  async delete(this: Provider, id, props) {
    if (props.apiKey === "") return;
    const configured = (props.stack === undefined ? undefined : await configuredNow(props.stack)) ?? this.configured;
    if (configured && (configured.issuer !== props.issuer || configured.apiKey === undefined)) return;
    await request(withKeyOf(configured, props), "DELETE", pathOf(id)).catch((problem: Error) => {
      throw isRefusal(problem) ? new Error(`${problem.message}, then: pulumi destroy --run-program`) : problem;
    });
  },
};
