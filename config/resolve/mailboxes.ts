import * as pulumi from "@pulumi/pulumi";
import { shortAddress } from "../addresses";
import { fetcherName } from "../names";
import type { Finding } from "../rules/finding";
import { dnsLabel, localPart, notReserved, ownLocalPart, wholeAddress } from "../rules/values";
import { isGroup, type MailboxInput, mailbox, type Path, readAs, shapeOf, valueAt } from "../schema";
import { toList } from "../schema/values";
import type { Folder, Mailbox, Retention, Source } from "../types";
import type { Domains } from "./domains";

/** A mailbox with complete addresses. Invalid values are absent: each has a finding. */
export interface MailboxDraft {
  /** The key as it is under `mailboxes`. */
  readonly key: string;
  readonly name: string;
  /** Absent when one of its keys is not valid. */
  readonly input?: MailboxInput;
  /** Full address; absent when it or the domain is not valid. */
  readonly address?: string;
  /** The address that its account has, when that is another. */
  readonly account?: string;
  readonly aliases: readonly { readonly path: Path; readonly address: string }[];
}

export type CompleteMailbox = MailboxDraft & Required<Pick<MailboxDraft, "input" | "address">>;

export const isComplete = (draft: MailboxDraft): draft is CompleteMailbox =>
  draft.input !== undefined && draft.address !== undefined;

const MAX_OBJECT_NAME = 63;

/** `fetchmail-<name>` becomes a Deployment, and a label that its pods carry. */
export function mailboxName(name: string): string | undefined {
  if (dnsLabel(name)) return "is not a valid mailbox name: lower-case letters, digits and dashes, as in mary-ann";
  return fetcherName(name).length > MAX_OBJECT_NAME
    ? `is too long a name: at most ${MAX_OBJECT_NAME - fetcherName("").length} characters`
    : undefined;
}

/** A valid name that is similar to this one, if there is one. */
export function usableName(name: string): string | undefined {
  const tidy = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return mailboxName(tidy) === undefined ? tidy : undefined;
}

/** `boss` and `boss@newjoy.ro` are the same address when newjoy.ro is the main domain. Other domains do not belong to the stack. */
export function addressIn(domains: Domains, given: string): { address: string } | { problem: string } {
  const text = given.trim().toLowerCase();
  const at = text.lastIndexOf("@");
  const local = at < 0 ? text : text.slice(0, at);
  const domain = at < 0 ? domains[0] : text.slice(at + 1);
  if (!domains.includes(domain)) {
    const [main, ...others] = domains;
    const known =
      others.length === 0
        ? `not in the stack's domain, ${main}`
        : `in none of the stack's domains, ${domains.join(", ")}`;
    return { problem: `is ${known}` };
  }
  const problem = localPart(local) ?? ownLocalPart(local) ?? notReserved(local) ?? wholeAddress(`${local}@${domain}`);
  return problem ? { problem } : { address: `${local}@${domain}` };
}

const mailboxKeys = shapeOf(mailbox);

/** Reads each mailbox key by key, so that the rules about several mailboxes work even if one of their keys is not valid. */
export function draftMailboxes(
  raw: unknown,
  domains: Domains | undefined,
): { drafts: MailboxDraft[]; findings: Finding[] } {
  const findings: Finding[] = [];
  const complete = (path: Path, text: string): string | undefined => {
    if (domains === undefined) return undefined;
    const result = addressIn(domains, text);
    if ("address" in result) return result.address;
    findings.push({ path, text: result.problem });
    return undefined;
  };
  const drafts = Object.entries(isGroup(raw) ? raw : {}).map(([key, value]): MailboxDraft => {
    const path = ["mailboxes", key];
    const name = key.toLowerCase();
    const nameProblem = mailboxName(name);
    const rename = usableName(key);
    const set = rename === undefined ? {} : { set: ["mailboxes", rename, "password"] };
    if (nameProblem) findings.push({ path, text: nameProblem, remove: "key", ...set });
    const given = mailboxKeys?.address?.safeParse(valueAt(value, ["address"]));
    const address =
      typeof given?.data === "string"
        ? complete([...path, "address"], given.data)
        : given?.success && !nameProblem && domains !== undefined
          ? `${name}@${domains[0]}`
          : undefined;
    const account = mailboxKeys?.account?.safeParse(valueAt(value, ["account"])).data;
    const earlier = typeof account === "string" ? complete([...path, "account"], account) : undefined;
    const list = toList(valueAt(value, ["aliases"]));
    const aliases = (Array.isArray(list) ? list : []).flatMap((alias: unknown, index) => {
      const at = [...path, "aliases", index];
      const local = ["string", "number"].includes(typeof alias) && String(alias).trim() !== "" ? String(alias) : "";
      const full = local === "" ? undefined : complete(at, local);
      return full === undefined ? [] : [{ path: at, address: full }];
    });
    const input = readAs(mailbox, value);
    return {
      key,
      name,
      ...(input !== undefined && { input }),
      ...(address !== undefined && { address }),
      ...(earlier !== undefined && earlier !== address && { account: earlier }),
      aliases,
    };
  });
  return { drafts, findings };
}

const foldersOf = ({ folders }: Pick<MailboxInput, "folders">): Folder[] =>
  folders.includes("Junk") ? ["INBOX", "Junk"] : ["INBOX"];

/** A source has the retention of its mailbox, unless it sets its own. */
const resolveSources = (sources: MailboxInput["sources"], retention: Retention): Source[] =>
  Object.entries(sources)
    .map(
      ([name, source]): Source => ({
        name,
        imap: { host: source.host, port: source.port },
        user: pulumi.secret(source.user),
        password: pulumi.secret(source.password),
        retention: source.retention ?? retention,
        folders: foldersOf(source),
      }),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));

/** The value that components get. */
export function resolveMailbox(mailbox: CompleteMailbox, stackRetention: Retention, mainDomain: string): Mailbox {
  const { name, address, account, aliases, input } = mailbox;
  const nameOf = (whole: string): string => shortAddress(whole, mainDomain);
  const retention = input.retention ?? (input.keep ? "forever" : stackRetention);
  return {
    name,
    address,
    localPart: nameOf(account ?? address),
    password: pulumi.secret(input.password),
    displayName: input.displayName ?? name,
    aliases: [
      ...aliases.map((alias) => nameOf(alias.address)),
      ...(account === undefined ? [] : [nameOf(address)]),
    ].sort(),
    admin: input.admin,
    retention,
    folders: foldersOf(input),
    sources: resolveSources(input.sources, retention),
  };
}
