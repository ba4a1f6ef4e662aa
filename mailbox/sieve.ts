import { z } from "zod";
import { asAdministrator, jmap, type ServerArgs } from "../doctor/clients/mailServer";

export interface Script {
  readonly name: string;
  readonly text: string;
  readonly active: boolean;
}

const SIEVE = "urn:ietf:params:jmap:sieve";
const sessionShape = z.object({ primaryAccounts: z.record(z.string(), z.string()) });
const scriptsShape = z.array(
  z.object({ id: z.string(), name: z.string().nullish(), blobId: z.string(), isActive: z.boolean().default(false) }),
);
const uploadShape = z.object({ blobId: z.string() });
const refusalShape = z.record(z.string(), z.object({ type: z.string(), description: z.string().nullish() })).nullish();

/** The filters of one user, over JMAP for Sieve (RFC 9661). */
export class SieveScripts {
  private account: Promise<string> | undefined;

  constructor(private readonly server: ServerArgs) {}

  private accountId(): Promise<string> {
    this.account ??= (async () => {
      const { status, text } = await asAdministrator(this.server, "/jmap/session");
      if (status !== 200) throw new Error(`the server answers HTTP ${status} about the mailbox`);
      const { primaryAccounts } = sessionShape.parse(JSON.parse(text));
      const id = primaryAccounts[SIEVE] ?? primaryAccounts["urn:ietf:params:jmap:mail"];
      if (id === undefined) throw new Error("the server knows no account of that mailbox");
      return id;
    })();
    return this.account;
  }

  private async all(): Promise<z.infer<typeof scriptsShape>> {
    const accountId = await this.accountId();
    const { list } = await jmap(this.server, "SieveScript/get", { accountId, ids: null }, [SIEVE]);
    return scriptsShape.parse(list);
  }

  async list(): Promise<Script[]> {
    const accountId = await this.accountId();
    const scripts: Script[] = [];
    for (const { id, name, blobId, isActive } of await this.all()) {
      const path = `/jmap/download/${accountId}/${encodeURIComponent(blobId)}/script.sieve?accept=application/sieve`;
      const { status, text } = await asAdministrator(this.server, path);
      if (status !== 200) throw new Error(`the server answers HTTP ${status} about a filter`);
      scripts.push({ name: name || id, text, active: isActive });
    }
    return scripts;
  }

  /** Adds a script unless one of that name exists. It becomes active only if no other script is. */
  async add({ name, text, active }: Script): Promise<"made" | "there"> {
    const there = await this.all();
    if (there.some((script) => script.name === name)) return "there";
    const accountId = await this.accountId();
    const uploaded = await asAdministrator(this.server, `/jmap/upload/${accountId}/`, text);
    if (uploaded.status !== 200 && uploaded.status !== 201) throw new Error(`HTTP ${uploaded.status}`);
    const { blobId } = uploadShape.parse(JSON.parse(uploaded.text));
    const activate = active && !there.some(({ isActive }) => isActive);
    const answer = await jmap(
      this.server,
      "SieveScript/set",
      { accountId, create: { a: { name, blobId } }, ...(activate && { onSuccessActivateScript: "#a" }) },
      [SIEVE],
    );
    const [refusal] = Object.values(refusalShape.parse(answer.notCreated) ?? {});
    if (refusal !== undefined) throw new Error(refusal.description ?? refusal.type);
    return "made";
  }
}
