import fc from "fast-check";
import { controllers } from "../../../config/controllers";
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

const endpoint = fc.record({ host: domain, port: fc.integer({ min: 1, max: 65535 }) }, { requiredKeys: [] });

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
            keep: fc.constantFrom<unknown>(true, false, "true", "false"),
            folders: fc.constantFrom<unknown>(["INBOX"], ["Junk"], ["INBOX", "Junk"], "Junk", []),
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
        for (const { withDomain, takes, ...body } of bodies) {
          const name = names.shift();
          if (name === undefined) break;
          const taken = names.splice(0, takes);
          result[name] = {
            ...body,
            ...(taken.length > 0 && { aliases: taken.map((alias) => (withDomain ? `${alias}@${inDomain}` : alias)) }),
          };
        }
        return result;
      }),
  );

/** A class that is known, one that is not, the default one, or a Gateway. */
const wayIn: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  fc.record({ className: fc.constantFrom("nginx", "traefik", "haproxy", "cilium") }),
  fc.record({ className: label, namespace: label }),
  fc.record({ controller: fc.constantFrom(...controllers), namespace: label }),
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

/** Configurations as people may write them, all of them good. */
export const goodConfig: fc.Arbitrary<Record<string, unknown>> = domain.chain((inDomain) =>
  fc.record(
    {
      domain: fc.constant(inDomain),
      mailboxes: mailboxes(inDomain),
      relay: fc.record({ username: label, password }, { requiredKeys: ["password"] }),
      hosts: fc.record(
        { mail: label.map((name) => `m-${name}.${inDomain}`), webmail: label.map((name) => `w-${name}.${inDomain}`) },
        { requiredKeys: [] },
      ),
      namespace: label.map((name) => `mail-${name}`),
      provider: fc.record({ imap: endpoint, smtp: endpoint }, { requiredKeys: [] }),
      identity: fc.record(
        { issuer: domain.map((host) => `https://${host}`), name: label, clientSecret: password },
        { requiredKeys: [] },
      ),
      admin: fc.record({ password }, { requiredKeys: [] }),
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
      ingress: wayIn,
      tls: fc.oneof(fc.constant({}), fc.record({ issuer: label }), fc.record({ secretName: label })),
      service: fc.record(
        { type: fc.constantFrom("LoadBalancer", "loadbalancer"), address: fc.ipV4(), sourceRanges: fc.array(network) },
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
    { requiredKeys: ["domain", "mailboxes", "relay", "ingress"] },
  ),
);
