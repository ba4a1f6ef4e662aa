import type { dynamic } from "@pulumi/pulumi";

/** The client as it should stand at Pocket ID, and what it takes to put it there. */
export interface ClientInputs {
  readonly issuer: string;
  /** Key of an administrator of Pocket ID. Secret. */
  readonly apiKey: string;
  readonly clientId: string;
  /** Shown to people at sign-in. At most 50 characters. */
  readonly name: string;
  readonly callbackUrls: readonly string[];
  readonly logoutCallbackUrls: readonly string[];
  /** Names of the groups whose members may sign in; empty lets everybody in. */
  readonly allowedGroups: readonly string[];
  /** Certificates of private authorities, in PEM form, that Pocket ID's may be of, beside those that Node trusts. */
  readonly trustedCertificates?: readonly string[];
}

/** What Pocket ID knows of a client; only the parts that are ours to read or keep. */
interface Client {
  readonly launchURL?: string | null;
  readonly credentials?: { readonly federatedIdentities?: unknown[] };
  readonly accessTokenDurationMinutes?: number;
  readonly refreshTokenDurationMinutes?: number;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const NOTHING_CHANGED = "Nothing was changed.";

type Server = Pick<ClientInputs, "issuer" | "apiKey" | "trustedCertificates">;

/** What comes back, as text. Modules are loaded here because this runs from text (see below). */
function send(server: Server, method: string, path: string, body: string): Promise<{ status: number; text: string }> {
  const tls: typeof import("node:tls") = require("node:tls");
  const url = new URL(`${server.issuer}/api${path}`);
  const http: typeof import("node:https") = require(url.protocol === "https:" ? "node:https" : "node:http");
  // A list replaces what Node trusts by itself, which NODE_EXTRA_CA_CERTS adds to; so that stands in it, too.
  const usual = tls.getCACertificates ? tls.getCACertificates("default") : tls.rootCertificates;
  const { trustedCertificates = [] } = server;
  return new Promise((resolve, reject) => {
    const request = http.request(
      url,
      {
        method,
        headers: {
          "X-API-Key": server.apiKey,
          "Content-Type": "application/json",
          "Content-Length": Buffer.byteLength(body),
        },
        signal: AbortSignal.timeout(20_000),
        agent: false, // nothing stays open behind the last answer
        ...(trustedCertificates.length > 0 && { ca: [...usual, ...trustedCertificates] }),
      },
      (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.on("error", reject);
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString() });
        });
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

/** One request to Pocket ID's API; fails with one sentence that names the key and the command that mends it. */
async function request(server: Server, method: string, path: string, body?: unknown): Promise<Answer> {
  const { issuer } = server;
  const { status, text } = await send(server, method, path, body === undefined ? "" : JSON.stringify(body)).catch(
    (problem: Error & { code?: string }) => {
      const untrusted = /CERT|SIGNATURE|ISSUER/.test(problem.code ?? "");
      throw new Error(
        `identity.issuer: Pocket ID at ${issuer} does not answer (${problem.code ?? problem.message}). ${NOTHING_CHANGED} ` +
          (untrusted
            ? "If its certificate is of a private authority: pulumi config set --path 'trust.certificates[0]' < ca.crt"
            : "Mend it, then try again: pulumi up"),
      );
    },
  );
  if (status === 401 || status === 403) {
    throw new Error(
      `identity.apiKey: Pocket ID at ${issuer} refuses the key (HTTP ${status}). ${NOTHING_CHANGED} ` +
        "Mend it: pulumi config set --secret --path identity.apiKey",
    );
  }
  if ((status < 200 || status > 299) && status !== 404) {
    throw new Error(`Pocket ID at ${issuer} answers ${method} ${path} with HTTP ${status}: ${text.slice(0, 300)}`);
  }
  return { status, body: text === "" ? undefined : JSON.parse(text) };
}

const pathOf = (clientId: string): string => `/oidc/clients/${encodeURIComponent(clientId)}`;

/** Ids of the groups people are named by; fails when there is no such group. */
async function groupIds(inputs: ClientInputs): Promise<string[]> {
  const ids: string[] = [];
  for (const name of inputs.allowedGroups) {
    const { body } = await request(inputs, "GET", `/user-groups?search=${encodeURIComponent(name)}`);
    const groups = (body as { data?: { id: string; name: string }[] }).data ?? [];
    const group = groups.find((candidate) => candidate.name === name);
    if (!group) {
      throw new Error(
        `identity.allowedGroups: there is no group "${name}" at ${inputs.issuer}. ${NOTHING_CHANGED} ` +
          "Make the group there, or take it out: pulumi config rm --path identity.allowedGroups",
      );
    }
    ids.push(group.id);
  }
  return ids;
}

/** What is asked for, over what somebody set by hand and this stack has no opinion on. */
function representation(inputs: ClientInputs, existing: Client | undefined): Record<string, unknown> {
  return {
    ...(existing?.launchURL && { launchURL: existing.launchURL }),
    ...(existing?.accessTokenDurationMinutes && { accessTokenDurationMinutes: existing.accessTokenDurationMinutes }),
    ...(existing?.refreshTokenDurationMinutes && { refreshTokenDurationMinutes: existing.refreshTokenDurationMinutes }),
    name: inputs.name,
    description: "",
    callbackURLs: inputs.callbackUrls,
    logoutCallbackURLs: inputs.logoutCallbackUrls,
    isPublic: true, // Stalwart's own pages sign in without a secret
    pkceEnabled: true,
    requiresReauthentication: false,
    requiresPushedAuthorizationRequests: false,
    skipConsent: true,
    credentials: { federatedIdentities: existing?.credentials?.federatedIdentities ?? [] },
    isGroupRestricted: inputs.allowedGroups.length > 0,
  };
}

/** Brings the client to what is asked for, whether it exists or not. */
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

/**
 * Runs on the workstation, in a process of its own, from text in the stack's state: nothing here may refer to modules or
 * to values of the program. The key reaches it as a secret input.
 */
export const pocketIdClient: dynamic.ResourceProvider<ClientInputs, ClientInputs> = {
  /** Runs in previews, too: a wrong key or a server that is away ends the update before anything is touched. */
  async check(_olds, news) {
    try {
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
      "apiKey",
      "name",
      "callbackUrls",
      "logoutCallbackUrls",
      "allowedGroups",
      "trustedCertificates",
    ] as const;
    const changed = keys.some((key) => JSON.stringify(olds[key]) !== JSON.stringify(news[key]));
    return { changes: changed || replaces.length > 0, replaces: [...replaces] };
  },

  async create(inputs) {
    await register(inputs);
    return { id: inputs.clientId, outs: inputs };
  },

  /** `pulumi refresh`: a client that somebody removed is made again by the next update. */
  async read(id, props) {
    if (!props) return {};
    const { status } = await request(props, "GET", pathOf(id));
    return status === 404 ? {} : { id, props };
  },

  async update(_id, _olds, news) {
    await register(news);
    return { outs: news };
  },

  async delete(id, props) {
    await request(props, "DELETE", pathOf(id));
  },
};
