import { randomBytes } from "node:crypto";
import { type Ask, asker } from "./https";
import type { IssuerChoice } from "./issuer";
import { clientId, person } from "./names";
import { PocketId } from "./pocketId";
import type { Issuer } from "./types";

/** The issuer as this machine reaches it. */
export interface IssuerDoor {
  readonly url: string;
  readonly clientId: string;
  readonly ask: Ask;
  /** Gives a link that signs the person in, once. Without it the issuer asks for a name. */
  readonly link?: () => Promise<string>;
  /** Takes away what was put into an issuer that stays. */
  readonly clear: () => Promise<void>;
}

/** Puts the person and the stack's client into the issuer; the stand-in has both. `issuer` is the world's, if it has one. */
export async function openIssuer(
  choice: IssuerChoice,
  issuer: Pick<Issuer, "url" | "at"> | undefined,
  { ca, apiKey }: { readonly ca: string; readonly apiKey: string },
): Promise<IssuerDoor> {
  if (choice.kind !== "existing") {
    if (!issuer) throw new Error("the world has no issuer");
    const ask = asker(issuer.url, { ca, at: issuer.at });
    const door = { url: issuer.url, clientId, ask, clear: async () => {} };
    if (choice.kind === "stand-in") return door;
    const pocketId = new PocketId(ask, issuer.url, apiKey);
    const user = await pocketId.addPerson(person.name);
    await pocketId.addClient(clientId);
    return { ...door, link: () => pocketId.link(user) };
  }
  const { url } = choice;
  const ask = asker(url, choice.ca === undefined ? {} : { ca: choice.ca });
  const pocketId = new PocketId(ask, url, choice.apiKey);
  const own = `homelab-mail-${randomBytes(4).toString("hex")}`; // people and clients of others may be there
  const user = await pocketId.addPerson(own);
  const clear = (): Promise<void> => pocketId.remove(user, own);
  await pocketId.addClient(own).catch(async (error: Error) => {
    await clear().catch(() => {}); // the client was never there
    throw error;
  });
  return { url, clientId: own, ask, link: () => pocketId.link(user), clear };
}
