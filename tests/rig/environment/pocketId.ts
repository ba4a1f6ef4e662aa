import type { Ask } from "./https";
import { callbacks, testUser } from "./names";

/** What Pocket ID's API answers, as far as it is read here. */
interface Found {
  readonly id: string;
  readonly token?: string;
}

/** Pocket ID's API (2.14), with a key of an administrator's. */
export class PocketId {
  constructor(
    private readonly ask: Ask,
    private readonly url: string,
    private readonly apiKey: string,
  ) {}

  private async call(method: string, path: string, body?: unknown): Promise<Found> {
    const { status, body: text } = await this.ask(method, path, {
      headers: { "x-api-key": this.apiKey, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (status >= 300)
      throw new Error(`Pocket ID answers ${method} ${path} with HTTP ${status}: ${text.slice(0, 300)}`);
    return text ? JSON.parse(text) : { id: "" };
  }

  /** Puts the user there; gives the id. */
  async addPerson(username: string): Promise<string> {
    const { id } = await this.call("POST", "/api/users", {
      username,
      email: testUser.email,
      emailVerified: true,
      firstName: testUser.display,
      lastName: "",
      displayName: testUser.display,
      isAdmin: false,
    });
    return id;
  }

  async addClient(id: string): Promise<void> {
    await this.call("POST", "/api/oidc/clients", {
      id,
      name: "Mail",
      description: "",
      ...callbacks,
      isPublic: true,
      pkceEnabled: true,
      // A throwaway user signs in with a link, and has no passkey. No stack with real mail may do without: the doctor says so.
      requiresReauthentication: false,
      requiresPushedAuthorizationRequests: false,
      skipConsent: true,
      credentials: { federatedIdentities: [] },
      isGroupRestricted: false,
    });
  }

  /** A link that signs the user in, once. */
  async link(userId: string): Promise<string> {
    const { token } = await this.call("POST", `/api/users/${userId}/one-time-access-token`, { ttl: "12h" });
    return `${this.url}/lc/${token}`;
  }

  /** Takes away what was added; whatever of it is not there does not keep the rest. */
  async remove(userId: string, clientId: string): Promise<void> {
    const gone = [`/api/oidc/clients/${clientId}`, `/api/users/${userId}`].map((path) => this.call("DELETE", path));
    const failed = (await Promise.allSettled(gone)).find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
  }
}
