/**
 * Values as the server stores them. `matchOn` of an upsert compares exactly: a value in another form than the server's would
 * not match the object that the previous run created, and would be refused as a second object with the same primary key.
 * Taken from the validators in crates/registry/src/types/string.rs and the properties that use them (schema/structs_impl.rs).
 */

/** A network or an address: IPv6 in its short form, a single address without its mask (crates/registry/src/types/ipmask.rs). */
export function canonicalCidr(network: string): string {
  const [address = "", length] = network.toLowerCase().split("/");
  const isV6 = address.includes(":");
  const canonical = isV6 ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
  return length === undefined || length === (isV6 ? "128" : "32") ? canonical : `${canonical}/${Number(length)}`;
}

/** The name of a spam rule, a spam tag or a block list: capitals, without blanks. */
export const canonicalSpamName = (name: string): string => name.replace(/\p{White_Space}/gu, "").toUpperCase();

/** A domain, a host, or the local part of an address: lower case, without blanks. */
export const canonicalName = (name: string): string => name.replace(/\p{White_Space}/gu, "").toLowerCase();

/** A description or a path: without the blanks around it. */
export const canonicalText = (text: string): string => text.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, "");
