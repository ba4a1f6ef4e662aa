import fc from "fast-check";
import { type PlanArgs, plan } from "../../../../components/mailserver/plan";
import { sampleConfig, sampleMailbox } from "../../../support/sample";

// biome-ignore lint/suspicious/noExplicitAny: settings as plain data
type Plain = any;

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$/);
const localPart = fc
  .stringMatching(/^[a-z0-9]([a-z0-9._+'|&=-]{0,12}[a-z0-9])?$/)
  .filter((part) => !part.includes("..")); // which the server refuses
const octet = fc.nat({ max: 255 });
const network = fc.oneof(
  fc.tuple(octet, octet, fc.integer({ min: 16, max: 32 })).map(([a, b, bits]) => `10.${a}.${b}.0/${bits}`),
  fc.integer({ min: 8, max: 128 }).map((bits) => `fd00::/${bits}`),
);
const host = fc.tuple(label, label).map((labels) => `${labels.join(".")}.org`);

/** Any valid configuration, as far as the settings are made of it: no address is claimed twice. */
export const configs: fc.Arbitrary<PlanArgs> = fc
  .record({
    domain: host,
    second: fc.option(host.map((name) => `second.${name}`)),
    users: fc.uniqueArray(
      fc.record({
        name: label,
        displayName: fc.string({ unit: "binary" }).filter((text) => /[^\s\p{Cc}]/u.test(text)), // others are refused
        admin: fc.boolean(),
        junk: fc.boolean(),
        extra: fc.nat({ max: 3 }),
        away: fc.boolean(),
      }),
      { selector: ({ name }) => name, minLength: 1, maxLength: 6 },
    ),
    addresses: fc.uniqueArray(fc.oneof({ weight: 9, arbitrary: localPart }, fc.constant("postmaster")), {
      minLength: 24,
      maxLength: 24,
    }),
    relayName: fc.oneof(localPart, fc.constant("postmaster")),
    relayAtHome: fc.boolean(),
    mode: fc.constantFrom("mailbox", "single"),
    others: fc.constantFrom("relay", "refuse"),
    largestMessage: fc.integer({ min: 10, max: 500 }),
    emptyAfter: fc.oneof(fc.constant("forever" as const), fc.nat({ max: 3650 })),
    smtp: fc.record({ host, port: fc.integer({ min: 1, max: 65535 }) }),
    mail: host,
    identity: fc.record({
      issuer: host.map((name) => `https://${name}`),
      name: fc.string({ minLength: 1 }).filter((name) => name.trim() !== ""),
      clientId: fc.oneof(fc.constant("stalwart-webui"), fc.stringMatching(/^[A-Za-z0-9._-]{2,20}$/)),
    }),
    networks: fc.uniqueArray(network, { maxLength: 4 }),
    metrics: fc.boolean(),
  })
  .map(
    ({
      domain,
      second,
      users,
      addresses,
      relayName,
      relayAtHome,
      mode,
      others,
      largestMessage,
      emptyAfter,
      smtp,
      mail,
      identity,
      networks,
      metrics,
    }) => {
      const left = [...addresses];
      const take = (count: number): string[] => left.splice(0, count);
      const mailboxes = users.map(({ name, displayName, admin, junk, extra, away }) => {
        const [own = ""] = take(1);
        const inSecond = away && second !== null;
        return sampleMailbox(name, {
          localPart: inSecond ? `${own}@${second}` : own,
          address: `${own}@${inSecond ? second : domain}`,
          displayName,
          admin,
          folders: junk ? ["INBOX", "Junk"] : ["INBOX"],
          // Every other one is in the domain that the mailbox is not in.
          aliases: take(extra)
            .map((alias, n) => (second !== null && (n % 2 === 0) !== inSecond ? `${alias}@${second}` : alias))
            .sort(),
        });
      });
      return {
        domain,
        domains: second === null ? [domain] : [domain, second],
        hosts: { mail },
        mailboxes,
        provider: { smtp, others, largestMessage },
        trash: { emptyAfter },
        relay: { username: `${relayName}@${relayAtHome ? domain : "elsewhere.example"}`, mode },
        identity,
        cluster: { networks },
        metrics,
        images: { stalwart: "stalwartlabs/stalwart:v0.16.19" }, // the version of the schema that plans are held against
      };
    },
  );

export const samplePlan = (overrides: Parameters<typeof sampleConfig>[0] = {}): PlanArgs => sampleConfig(overrides);

/** The values that a plan gives to objects of one kind. */
export function objectsOf(args: PlanArgs, kind: string): Plain[] {
  return plan(args)
    .filter(({ object }) => object === kind)
    .flatMap((operation) => (operation["@type"] === "update" ? [operation.value] : Object.values(operation.value)));
}

/** The one value that a plan gives to a singleton. */
export function settingOf(args: PlanArgs, kind: string): Plain {
  const found = objectsOf(args, kind);
  if (found.length !== 1) throw new Error(`${found.length} settings of ${kind}`);
  return found[0];
}

/** Every expression in a plan, wherever it stands. */
export function expressionsOf(args: PlanArgs): string[] {
  const found: string[] = [];
  const visit = (value: Plain): void => {
    if (value === null || typeof value !== "object") return;
    if ("else" in value && "match" in value) {
      found.push(value.else);
      for (const branch of Object.values<Plain>(value.match)) found.push(branch.if, branch.then);
    }
    Object.values(value).forEach(visit);
  };
  visit(plan(args));
  return found;
}

/** The further addresses of one account. */
export function aliasesOf(args: PlanArgs, name: string): string[] {
  const { aliases } = objectsOf(args, "Account").find((account) => account.name === name);
  return Object.values<Plain>(aliases).map((alias) => alias.name);
}
