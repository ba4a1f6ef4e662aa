import { z } from "zod";
import {
  type Addresses,
  type AddressProblem,
  addressProblems,
  usersEditThemselves,
  usersSignUp,
} from "../../../config/addresses";
import { httpRequest, parseResponse } from "../../../lib/http";
import { reasonOf } from "../../../lib/reason";

export interface PocketIdObservation {
  readonly issuer: string;
  readonly clientId: string;
  /** Whether opening a device's link is enough for a signed-in user to approve it. */
  readonly device:
    | { readonly closed: "no such grant" | "refused" | "passkey" }
    | { readonly open: true }
    /** The issuer has device codes, but it is unknown what approving them requires. */
    | { readonly reason: string };
  /** Absent if the issuer does not report it; only Pocket ID does. */
  readonly accounts?: { readonly editThemselves: boolean; readonly signUp: boolean };
  /** Absent without a key for Pocket ID's API. */
  readonly users?:
    | { readonly count: number; readonly problems: readonly AddressProblem[] }
    | { readonly reason: string };
}

export interface PocketIdArgs {
  readonly issuer: string;
  readonly clientId: string;
  readonly apiKey?: string | undefined;
  readonly addresses: Addresses;
  readonly ca: readonly string[];
  readonly limit: number;
}

const discoveryShape = z.object({ device_authorization_endpoint: z.string().optional() });
const metaShape = z.object({ requiresReauthentication: z.boolean() });
const settingsShape = z.array(z.object({ key: z.string(), value: z.string().nullish() }));
const usersShape = z.object({
  data: z.array(z.object({ username: z.string(), email: z.string().nullish(), disabled: z.boolean().nullish() })),
  pagination: z.object({ totalPages: z.number() }).nullish(),
});

/**
 * Requests a device code as an attacker would, with the client's public id. The code is never approved, and expires. Pocket ID
 * states publicly what approving requires (GET /api/oidc/clients/<id>/meta, backend/internal/controller/oidc_controller.go).
 */
async function collectDevice({ issuer, clientId, ca, limit }: PocketIdArgs): Promise<PocketIdObservation["device"]> {
  const session = { ca, limit };
  try {
    const discovery = parseResponse(
      discoveryShape,
      await httpRequest(`${issuer}/.well-known/openid-configuration`, session),
    );
    const endpoint = discovery.device_authorization_endpoint;
    if (endpoint === undefined) return { closed: "no such grant" };
    const body = new URLSearchParams({ client_id: clientId, scope: "openid email" }).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const { status } = await httpRequest(endpoint, { ...session, headers, body });
    if (status >= 400 && status < 500) return { closed: "refused" };
    if (status !== 200) return { reason: `HTTP ${status} for a device code` };
    const meta = await httpRequest(`${issuer}/api/oidc/clients/${encodeURIComponent(clientId)}/meta`, session);
    return parseResponse(metaShape, meta).requiresReauthentication ? { closed: "passkey" } : { open: true };
  } catch (problem) {
    return { reason: reasonOf(problem) };
  }
}

async function collectAccounts({ issuer, ca, limit }: PocketIdArgs): Promise<Pick<PocketIdObservation, "accounts">> {
  try {
    const answer = await httpRequest(`${issuer}/api/application-configuration`, { ca, limit });
    const set = Object.fromEntries(parseResponse(settingsShape, answer).map(({ key, value }) => [key, value ?? ""]));
    return { accounts: { editThemselves: usersEditThemselves(set), signUp: usersSignUp(set) } };
  } catch {
    return {};
  }
}

/** Pocket ID returns the last page for every page number after it, so the number of pages decides when to stop. */
async function collectUsers(args: PocketIdArgs): Promise<Pick<PocketIdObservation, "users">> {
  const { apiKey, issuer, ca, limit } = args;
  if (apiKey === undefined) return {};
  try {
    const users: z.infer<typeof usersShape>["data"] = [];
    for (let page = 1, last = 1; page <= last; page++) {
      const query = new URLSearchParams({ "pagination[page]": `${page}`, "pagination[limit]": "100" });
      const answer = await httpRequest(`${issuer}/api/users?${query}`, { ca, limit, headers: { "X-API-Key": apiKey } });
      const { data, pagination } = parseResponse(usersShape, answer);
      users.push(...data);
      last = pagination?.totalPages ?? 1;
    }
    const plain = users.map(({ username, email, disabled }) => ({ username, email, disabled: disabled === true }));
    return { users: { count: users.length, problems: addressProblems(plain, args.addresses) } };
  } catch (problem) {
    return { users: { reason: reasonOf(problem) } };
  }
}

export async function collectPocketId(args: PocketIdArgs): Promise<PocketIdObservation> {
  const { issuer, clientId } = args;
  const [device, accounts, users] = await Promise.all([collectDevice(args), collectAccounts(args), collectUsers(args)]);
  return { issuer, clientId, device, ...accounts, ...users };
}
