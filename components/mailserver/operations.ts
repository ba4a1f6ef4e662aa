/** A JSON value as the server's settings have it. Lists and sets are objects there: {"0": …}, {"openid": true}. */
export type Json = string | number | boolean | null | { readonly [key: string]: Json };
export type Body = { readonly [key: string]: Json };

/** One line of a settings plan. */
export type Operation =
  | { readonly "@type": "update"; readonly object: string; readonly id?: string; readonly value: Body }
  | { readonly "@type": "create"; readonly object: string; readonly value: Readonly<Record<string, Body>> }
  | {
      readonly "@type": "upsert" | "reconcile";
      readonly object: string;
      readonly matchOn: readonly string[];
      readonly value: Readonly<Record<string, Body>>;
    };

/** Changes a singleton, or the one object that an earlier line refers to. */
export const update = (object: string, value: Body, id?: string): Operation => ({
  "@type": "update",
  object,
  ...(id !== undefined && { id }),
  value,
});

/** Changes the objects that match on those properties, creates those that do not; leaves all others alone. */
export const upsert = (object: string, matchOn: readonly string[], value: Record<string, Body>): Operation => ({
  "@type": "upsert",
  object,
  matchOn,
  value,
});

/** Like upsert, then deletes every object of that kind that is not named here. Never for Account: it would delete mail. */
export const reconcile = (
  object:
    | "NetworkListener"
    | "Tracer"
    | "Directory"
    | "AllowedIp"
    | "MtaRoute"
    | "SpamTag"
    | "SpamRule"
    | "SpamDnsblServer",
  matchOn: readonly string[],
  value: Record<string, Body>,
): Operation => ({
  "@type": "reconcile",
  object,
  matchOn,
  value,
});

/** Asks the server to do something now. */
export const action = (name: "ReloadSettings" | "ReloadTlsCertificates"): Operation => ({
  "@type": "create",
  object: "Action",
  value: { action: { "@type": name } },
});

/** An expression that has one value everywhere. Text results carry quotes of their own. */
export const always = (value: string): Body => ({ else: value, match: {} });

/** An expression: the first condition that holds decides, else `otherwise`. */
export const when = (cases: readonly (readonly [condition: string, result: string])[], otherwise: string): Body => ({
  else: otherwise,
  // biome-ignore lint/suspicious/noThenProperty: the server's own name; nobody awaits it
  match: list(cases.map(([condition, result]) => ({ if: condition, then: result }))),
});

/** Sorts mailboxes by name, so that the order in the configuration does not change the plan. */
export const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : 1;

/** A list as the server has it. */
export const list = (items: readonly Json[]): Body => Object.fromEntries(items.map((item, n) => [String(n), item]));

/** A set as the server has it. */
export const set = (items: readonly string[]): Body => Object.fromEntries(items.map((item) => [item, true]));

/** One operation per line. */
export const ndjson = (operations: readonly Operation[]): string =>
  operations.map((operation) => `${JSON.stringify(operation)}\n`).join("");
