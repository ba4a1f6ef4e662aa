import type { Rule } from "./values";

/** Private names that Stalwart accepts in addition to the public suffix list (`is_valid_domain` in crates/utils/src/lib.rs). */
const PRIVATE = ["test", "localhost", "local", "internal", "lan", "home", "corp", "intranet", "private", "localdomain"];

/** Reserved names, and names that are usual in home networks, which the public suffix list does not have. The list grows, so it is not here. */
const UNKNOWN = new Set([
  ...["example", "invalid", "alt", "lab", "homelab", "homenet", "mail", "server", "workgroup", "router"],
  ...["intra", "nas", "cluster", "svc", "lokal", "loc", "priv", "localnet", "vpn", "dhcp", "fritz", "self"],
]);

/**
 * With another top-level domain Stalwart refuses the settings, which then fail as a whole ("Invalid domain name"). This finds the usual
 * mistakes before anything is deployed; whatever else is in no list, Stalwart alone refuses.
 */
export const knownTopLevel: Rule = (value) => {
  const top = value.slice(value.lastIndexOf(".") + 1);
  if (/^([a-z]{2,}|xn--[a-z0-9-]+)$/.test(top) && !UNKNOWN.has(top)) return undefined;
  return `ends in .${top}, which is no top-level domain, and Stalwart refuses it; private ones that it takes: ${PRIVATE.join(", ")}`;
};
