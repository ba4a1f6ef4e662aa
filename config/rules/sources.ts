import { discoveryHosts } from "../discovery";
import { names } from "../names";
import { resolveDomains, resolveHosts } from "../resolve/domains";
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

/** Tells the names under which this stack is reached: its hosts, those for device settings in each domain, and its Services. */
function ownHosts(partial: PartialConfig): (host: string) => boolean {
  const { hosts, namespace } = partial;
  const domains = resolveDomains(partial);
  if (domains === undefined || hosts === undefined) return () => false;
  const resolved = resolveHosts(domains[0], hosts);
  const settings = discoveryHosts({ domains, hosts: resolved }).map(({ name }) => name);
  const own = new Set([...Object.values(resolved), ...settings]);
  const services = [names.stalwart, names.mailService].map((service) => `${service}.${namespace}`);
  return (host) => own.has(host) || services.some((name) => host === name || host.startsWith(`${name}.svc`));
}

/** Two fetchers of one account would each get only some of its mail, and mail fetched from this server would be delivered to it again. */
export function sourcesAreElsewhere(partial: PartialConfig, mailboxes: readonly MailboxDraft[]): Finding[] {
  const isHere = ownHosts(partial);
  const { provider } = partial;
  const fetched = new Map(
    mailboxes.map(({ key, address }) => [login(provider?.imap.host ?? "", address ?? ""), `mailboxes.${key}`]),
  );
  return sourcesOf(partial).flatMap(({ path, key, source: { host, user } }): Finding[] => {
    if (isHere(host)) {
      return [
        { path: [...path, "host"], text: "is this stack's own host: its mail would be delivered again and again" },
      ];
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
