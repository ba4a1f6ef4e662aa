import { mainDomain, resolveHosts } from "../resolve/domains";
import type { MailboxDraft } from "../resolve/mailboxes";
import type { MailboxInput } from "../schema";
import type { Finding, PartialConfig } from "./finding";
import { CLEARTEXT } from "./provider";
import { dnsLabel } from "./values";

interface Placed {
  readonly path: readonly string[];
  /** As users write it. */
  readonly key: string;
  readonly name: string;
  readonly source: MailboxInput["sources"][string];
}

const sourcesOf = ({ mailboxes }: PartialConfig): Placed[] =>
  Object.entries(mailboxes ?? {}).flatMap(([mailbox, { sources }]) =>
    Object.entries(sources).map(([name, source]) => ({
      path: ["mailboxes", mailbox, "sources", name],
      key: `mailboxes.${mailbox}.sources.${name}`,
      name,
      source,
    })),
  );

/** The name becomes a part of a Secret's keys, a folder in the pod and a label of metrics. */
export const sourceNames = (partial: PartialConfig): Finding[] =>
  sourcesOf(partial).flatMap(({ path, name }): Finding[] =>
    dnsLabel(name) === undefined
      ? []
      : [
          {
            path,
            text: "is not a valid name of a source: lower-case letters, digits and dashes, as in old-gmail",
            remove: "key",
          },
        ],
  );

export const sourcesUseTls = (partial: PartialConfig): Finding[] =>
  sourcesOf(partial).flatMap(({ path, source }): Finding[] => {
    const instead = CLEARTEXT.imap[source.port];
    const text = `begins in clear text (STARTTLS), and mail is fetched over TLS only; the port is usually ${instead}`;
    return instead === undefined ? [] : [{ path: [...path, "port"], text }];
  });

const login = (host: string, user: string): string => `${host} ${user.toLowerCase()}`;

/** Two fetchers of one account would each get only some of its mail, and mail fetched from this server would be delivered to it again. */
export function sourcesAreElsewhere(partial: PartialConfig, mailboxes: readonly MailboxDraft[]): Finding[] {
  const { provider, hosts } = partial;
  const domain = mainDomain(partial);
  const here = domain === undefined || hosts === undefined ? undefined : resolveHosts(domain, hosts).mail;
  const fetched = new Map(
    mailboxes.map(({ key, address }) => [login(provider?.imap.host ?? "", address ?? ""), `mailboxes.${key}`]),
  );
  return sourcesOf(partial).flatMap(({ path, key, source: { host, user } }): Finding[] => {
    if (host === here) {
      return [{ path: [...path, "host"], text: "is this stack's own mail host: its mail would go round in circles" }];
    }
    const other = fetched.get(login(host, user));
    fetched.set(login(host, user), other ?? key);
    return other === undefined
      ? []
      : [{ path, text: `is an account that is fetched already, as ${other}`, remove: "value" }];
  });
}

/** All rules about sources. */
export const sourceRules = [sourceNames, sourcesUseTls, sourcesAreElsewhere] as const;
