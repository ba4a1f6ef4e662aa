/** A JSON value in the form of the server's settings. Lists and sets are objects there: {"0": …}, {"openid": true}. */
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

/** Changes a singleton, or the object that an earlier operation refers to. */
export const update = (object: string, value: Body, id?: string): Operation => ({
  "@type": "update",
  object,
  ...(id !== undefined && { id }),
  value,
});

/** Updates the objects that match on those properties, creates the missing ones, and does not change any others. */
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

/** Runs an action of the server. */
export const action = (name: "ReloadSettings" | "ReloadTlsCertificates"): Operation => ({
  "@type": "create",
  object: "Action",
  value: { action: { "@type": name } },
});

/** An expression with a constant value. A text needs quotes of its own inside the value. */
export const always = (value: string): Body => ({ else: value, match: {} });

/** An expression: the value of the first condition that is true, or `otherwise`. */
export const when = (cases: readonly (readonly [condition: string, result: string])[], otherwise: string): Body => ({
  else: otherwise,
  // biome-ignore lint/suspicious/noThenProperty: the server's own name for it; the object is never awaited
  match: list(cases.map(([condition, result]) => ({ if: condition, then: result }))),
});

/** Sorts mailboxes by name, so that the order in the configuration does not change the plan. */
export const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : 1;

/** A list in the server's form. */
export const list = (items: readonly Json[]): Body => Object.fromEntries(items.map((item, n) => [String(n), item]));

/** A set in the server's form. */
export const set = (items: readonly string[]): Body => Object.fromEntries(items.map((item) => [item, true]));

/** One operation per line. */
export const ndjson = (operations: readonly Operation[]): string =>
  operations.map((operation) => `${JSON.stringify(operation)}\n`).join("");
