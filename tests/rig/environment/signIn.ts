import { randomBytes } from "node:crypto";
import { type Ask, asker } from "./https";
import type { IssuerChoice } from "./issuer";
import { clientId, testUser } from "./names";
import { PocketId } from "./pocketId";
import type { Issuer } from "./types";

/** The issuer as this machine reaches it. */
export interface IssuerClient {
  readonly url: string;
  readonly clientId: string;
  readonly ask: Ask;
  /** Gives a link that signs the user in, once. Without it the issuer asks for a name. */
  readonly link?: () => Promise<string>;
  /** Deletes what was created at an issuer that stays. */
  readonly cleanup: () => Promise<void>;
}

/** Creates the user and the stack's client at the issuer; the fake has both. `issuer` is the environment's, if it has one. */
export async function connectIssuer(
  choice: IssuerChoice,
  issuer: Pick<Issuer, "url" | "at"> | undefined,
  { ca, apiKey }: { readonly ca: string; readonly apiKey: string },
): Promise<IssuerClient> {
  if (choice.kind !== "existing") {
    if (!issuer) throw new Error("the environment has no issuer");
    const ask = asker(issuer.url, { ca, at: issuer.at });
    const client = { url: issuer.url, clientId, ask, cleanup: async () => {} };
    if (choice.kind === "fake") return client;
    const pocketId = new PocketId(ask, issuer.url, apiKey);
    const user = await pocketId.addPerson(testUser.name);
    await pocketId.addClient(clientId);
    return { ...client, link: () => pocketId.link(user) };
  }
  const { url } = choice;
  const ask = asker(url, choice.ca === undefined ? {} : { ca: choice.ca });
  const pocketId = new PocketId(ask, url, choice.apiKey);
  const own = `homelab-mail-${randomBytes(4).toString("hex")}`; // the issuer may have users and clients of others
  const user = await pocketId.addPerson(own);
  const cleanup = (): Promise<void> => pocketId.remove(user, own);
  await pocketId.addClient(own).catch(async (error: Error) => {
    await cleanup().catch(() => {}); // the client was never there
    throw error;
  });
  return { url, clientId: own, ask, link: () => pocketId.link(user), cleanup };
}
