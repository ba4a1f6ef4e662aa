import { randomBytes } from "node:crypto";
import { type Ask, asker } from "./https";
import { type IssuerChoice, issuerUrl } from "./issuer";
import { clientId, person } from "./names";
import { PocketId } from "./pocketId";

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

/** Puts the person and the stack's client into the issuer; the stand-in has both. */
export async function openIssuer(
  choice: IssuerChoice,
  { ca, port, apiKey }: { readonly ca: string; readonly port?: number; readonly apiKey: string },
): Promise<IssuerDoor> {
  if (choice.kind !== "outside") {
    const ask = asker(issuerUrl, { ca, ...(port !== undefined && { port }) });
    const door = { url: issuerUrl, clientId, ask, clear: async () => {} };
    if (choice.kind === "stand-in") return door;
    const pocketId = new PocketId(ask, issuerUrl, apiKey);
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
