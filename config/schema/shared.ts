import type { KeyDoc } from "../kinds";
import * as rule from "../rules/values";

/** How texts are read, and rules that many keys share. */
export const lowerCase = { lowerCase: true } as const;
export const verbatim = { verbatim: true } as const;
export const free = [rule.notEmpty, rule.noControlCharacters];
export const hostRules = [rule.domainName];
export const name = [rule.kubernetesName];
export const namespaceRules = [rule.dnsLabel];

export const secretDoc = (description: string): KeyDoc => ({ description, secret: true });
