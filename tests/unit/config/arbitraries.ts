import fc from "fast-check";
import { controllersOf } from "../../../config/controllers";
import { defaultImages } from "../../../config/images";

const letters = "abcdefghijklmnopqrstuvwxyz0123456789";

const word = (min: number, max: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...letters), minLength: min, maxLength: max });

/** DNS labels, with dashes inside. */
export const label: fc.Arbitrary<string> = fc
  .tuple(word(1, 8), fc.option(word(1, 8), { nil: undefined }))
  .map(([first, second]) => (second === undefined ? first : `${first}-${second}`));

export const domain: fc.Arbitrary<string> = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 3 }), fc.constantFrom("ro", "com", "org", "lan", "co.uk"))
  .map(([labels, top]) => [...labels, top].join("."));

/** What passwords hold: anything but control characters, tabs aside. */
export const password: fc.Arbitrary<string> = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is left out
  .map((text) => text.replace(/[\x00-\x08\x0a-\x1f\x7f]/g, ""))
  .filter((text) => text.trim() !== "");

const size = fc.tuple(fc.integer({ min: 1, max: 900 }), fc.constantFrom("Mi", "Gi", "Ti")).map(([n, unit]) => n + unit);

const network = fc.tuple(fc.ipV4(), fc.integer({ min: 8, max: 32 })).map(([address, bits]) => `${address}/${bits}`);

/** A TLS port: on these servers begin in clear text. */
const port = fc.integer({ min: 1, max: 65535 }).filter((number) => ![25, 143, 587].includes(number));
const endpoint = fc.record({ host: domain, port }, { requiredKeys: [] });

/** An account elsewhere, but for the name of its user. */
const source = fc.record(
  {
    host: domain.map((name) => `imap.${name}`),
    port,
    password,
    folders: fc.constantFrom<unknown>(["INBOX"], ["INBOX", "Junk"], "Junk"),
    retention: fc.constantFrom<unknown>(0, "14", "forever"),
  },
  { requiredKeys: ["host", "password"] },
);

/** A fixed list of distinct local parts is dealt out to mailboxes as names and aliases. */
const mailboxes = (inDomain: string): fc.Arbitrary<Record<string, unknown>> =>
  fc.uniqueArray(label, { minLength: 1, maxLength: 12, selector: (name) => name.replaceAll("-", "_") }).chain((words) =>
    fc
      .array(
        fc.record(
          {
            password,
            displayName: label,
            admin: fc.boolean(),
            stays: fc.constantFrom<Record<string, unknown>>(
              ...[0, 7, "30", "forever"].map((retention) => ({ retention })),
              ...[true, false, "true", "false"].map((keep) => ({ keep })),
              { retention: "forever", keep: true },
              { retention: 3, keep: false },
            ),
            folders: fc.constantFrom<unknown>(["INBOX"], ["Junk"], ["INBOX", "Junk"], "Junk", []),
            sources: fc.dictionary(label, source, { maxKeys: 2 }),
            withDomain: fc.boolean(),
            takes: fc.integer({ min: 0, max: 3 }),
          },
          { requiredKeys: ["password", "withDomain", "takes"] },
        ),
        { minLength: words.length, maxLength: words.length },
      )
      .map((bodies) => {
        const names = [...words];
        const result: Record<string, unknown> = {};
        for (const { withDomain, takes, stays, sources = {}, ...body } of bodies) {
          const name = names.shift();
          if (name === undefined) break;
          const taken = names.splice(0, takes);
          result[name] = {
            ...body,
            ...stays,
            // No account is fetched twice.
            sources: Object.fromEntries(
              Object.entries(sources).map(([key, one]) => [key, { ...one, user: `${name}/${key}` }]),
            ),
            ...(taken.length > 0 && { aliases: taken.map((alias) => (withDomain ? `${alias}@${inDomain}` : alias)) }),
          };
        }
        return result;
      }),
  );

/** A class that is known, one that is not, the default one, or a Gateway. */
const ingressKeys: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  fc.record({ className: fc.constantFrom("nginx", "traefik", "haproxy", "cilium") }),
  fc.record({ className: label, namespace: label }),
  fc.record({ controller: fc.constantFrom(...controllersOf("Ingress")), namespace: label }),
  fc.record({
    kind: fc.constantFrom("Gateway", "gateway"),
    gateway: fc.record(
      {
        name: label,
        namespace: label,
        listeners: fc.array(label, { minLength: 1, maxLength: 3 }),
        redirectListener: label,
        certificates: fc.constantFrom("stack", "gateway"),
      },
      { requiredKeys: ["name", "namespace", "listeners"] },
    ),
  }),
);

const folderPattern = fc.constantFrom("INBOX", "Sent Items", "Archive/*", "[Gmail]/Spam", "Résumé", "v1.0");

/** Accounts to copy from, into the first of the mailboxes. */
const migrations = (mailbox: string): fc.Arbitrary<Record<string, unknown>> =>
  fc.dictionary(
    label.filter((name) => name.length <= 40),
    fc.record(
      {
        mailbox: fc.constant(mailbox),
        from: fc.record({ host: domain, port, user: label, password }, { requiredKeys: ["host", "user", "password"] }),
        folders: fc.record(
          {
            include: fc.array(folderPattern, { maxLength: 3 }),
            exclude: fc.array(folderPattern, { maxLength: 3 }),
            map: fc.constantFrom({}, { "Old Stuff": "Archive/Old" }),
          },
          { requiredKeys: [] },
        ),
        gmail: fc.constantFrom<unknown>(true, false, "true"),
        since: fc.constantFrom("2000-02-29", "2026-11-28"),
        maxMessageSize: fc.constantFrom("10Mi", "50M"),
      },
      { requiredKeys: ["mailbox", "from"] },
    ),
    { maxKeys: 3 },
  );

/** Valid configurations as users may write them. */
export const goodConfig: fc.Arbitrary<Record<string, unknown>> = domain
  .chain((inDomain) =>
    fc.record(
      {
        domain: fc.constant(inDomain),
        mailboxes: mailboxes(inDomain),
        relay: fc.record(
          { username: label, password, mode: fc.constantFrom("mailbox", "single", "Single") },
          { requiredKeys: ["password"] },
        ),
        hosts: fc.record(
          { mail: label.map((name) => `m-${name}.${inDomain}`), webmail: label.map((name) => `w-${name}.${inDomain}`) },
          { requiredKeys: [] },
        ),
        namespace: label.map((name) => `mail-${name}`),
        provider: fc.record(
          {
            imap: endpoint,
            smtp: endpoint,
            others: fc.constantFrom("relay", "refuse"),
            largestMessage: fc.constantFrom("10Mi", "50M", "0.25Gi"),
          },
          { requiredKeys: [] },
        ),
        identity: fc.record(
          { issuer: domain.map((host) => `https://${host}`), name: label, apiKey: password },
          { requiredKeys: ["issuer"] },
        ),
        backup: fc.record(
          {
            snapshotClass: label,
            schedule: fc.constantFrom("15 3 * * *", "*/30 0-6,22 1,15 jan-mar Sun", "0 0 ? * 6"),
            keep: fc.oneof(fc.integer({ min: 1, max: 365 }), fc.constant("14")),
          },
          { requiredKeys: [] },
        ),
        admin: fc.record(
          { password: password.map((text) => `a long enough password: ${text}.`) },
          { requiredKeys: [] },
        ),
        generated: fc.record({ desKey: password, metricsPassword: password }, { requiredKeys: [] }),
        storage: fc.record(
          {
            className: label,
            size,
            labels: fc.dictionary(
              label.map((name) => `example.org/${name}`),
              label,
            ),
            webmail: fc.record({ size, className: label }, { requiredKeys: [] }),
          },
          { requiredKeys: [] },
        ),
        ingress: ingressKeys,
        tls: fc.oneof(fc.constant({}), fc.record({ issuer: label }), fc.record({ secretName: label })),
        service: fc.record(
          {
            type: fc.constantFrom("LoadBalancer", "loadbalancer"),
            address: fc.ipV4(),
            sourceRanges: fc.array(network),
          },
          { requiredKeys: [] },
        ),
        cluster: fc.record(
          { networks: fc.array(network), relayNamespaces: fc.array(label, { maxLength: 3 }) },
          { requiredKeys: [] },
        ),
        monitoring: fc.record(
          {
            enabled: fc.constantFrom<unknown>(true, false, "true"),
            labels: fc.dictionary(label, label),
            namespace: label,
            dashboard: fc.record({ namespace: label, labelValue: label }, { requiredKeys: [] }),
            heartbeat: domain.map((host) => `https://${host}/ping/0f1e`),
          },
          { requiredKeys: [] },
        ),
        images: fc.constantFrom({}, { stalwart: defaultImages.stalwart }),
      },
      { requiredKeys: ["domain", "mailboxes", "relay", "identity", "ingress"] },
    ),
  )
  .chain((config) => {
    const [mailbox = ""] = Object.keys(config.mailboxes as object);
    return fc
      .option(migrations(mailbox), { nil: undefined })
      .map((copied) => (copied === undefined ? config : { ...config, migrations: copied }));
  });
