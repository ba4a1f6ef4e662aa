import { deploy, threeMailboxes } from "../../support/deploy";
import { containersOf, podsOf } from "../../support/kubernetes";
import type { Recorder } from "../../support/recorder";

const withoutHash = (name: string): string => name.replace(/-[0-9a-f]{10,}$/, "-HASH");

/** Every key of a Secret, with the pods whose containers see it, as a file or as a variable. */
function readers(recorder: Recorder): Record<string, string[]> {
  const found = new Map<string, Set<string>>();
  const see = (secret: string, key: string, owner: string): void => {
    const entry = `${withoutHash(secret)}/${key}`;
    found.set(entry, (found.get(entry) ?? new Set()).add(withoutHash(owner)));
  };
  const keysOf = (secret: string): string[] => {
    const { stringData = {}, data = {} } =
      recorder.kind("Secret").find((r) => r.inputs.metadata.name === secret)?.inputs ?? {};
    return Object.keys({ ...data, ...stringData });
  };
  for (const pod of podsOf(recorder)) {
    const mounted = new Set(
      containersOf(pod).flatMap((c) => (c.volumeMounts ?? []).map((m: { name: string }) => m.name)),
    );
    for (const { name, secret, projected } of pod.spec.volumes ?? []) {
      if (!mounted.has(name)) continue;
      const sources = [
        ...(secret ? [{ name: secret.secretName, items: secret.items }] : []),
        ...(projected?.sources ?? []).flatMap((s: { secret?: object }) => s.secret ?? []),
      ];
      for (const source of sources) {
        for (const key of source.items?.map(({ key }: { key: string }) => key) ?? keysOf(source.name))
          see(source.name, key, pod.owner);
      }
    }
    for (const container of containersOf(pod)) {
      for (const { secretRef } of container.envFrom ?? []) {
        for (const key of secretRef ? keysOf(secretRef.name) : []) see(secretRef.name, key, pod.owner);
      }
      for (const { valueFrom } of container.env ?? []) {
        if (valueFrom?.secretKeyRef) see(valueFrom.secretKeyRef.name, valueFrom.secretKeyRef.key, pod.owner);
      }
    }
  }
  return Object.fromEntries([...found].sort().map(([key, owners]) => [key, [...owners].sort()]));
}

/** The settings Job and the CronJob that repeats it; those that make the server act on them. */
const settings = ["CronJob/stalwart-settings", "Job/stalwart-settings-HASH"];
const reload = ["CronJob/stalwart-reload", "Job/stalwart-reload-HASH"];

const perMailbox = (mailbox: string): Record<string, string[]> => ({
  [`migadu-fetch-credentials/FETCHMAIL_${mailbox.toUpperCase()}_PASSWORD`]: [`Deployment/fetchmail-${mailbox}`],
  [`stalwart-emails/${mailbox.toUpperCase()}_EMAIL`]: [`Deployment/fetchmail-${mailbox}`],
  [`migadu-smtp-logins/${mailbox}`]: ["Deployment/stalwart"], // it sends with them
});

test("each key of a Secret is seen by the pods that need it, and by no other", async () => {
  const { recorder } = await deploy(threeMailboxes);
  expect(readers(recorder)).toEqual({
    ...perMailbox("alpar"),
    ...perMailbox("kinga"),
    ...perMailbox("service"),
    "migadu-smtp-credentials/password": ["Deployment/stalwart"],
    "roundcube/des_key": ["Deployment/roundcube"],
    "roundcube-identities/identities.json": ["Deployment/roundcube"],
    "stalwart-oidc/client_id": ["Deployment/roundcube"],
    "stalwart-oidc/client_secret": ["Deployment/roundcube"],
    "stalwart-admin/password": ["Deployment/stalwart", ...settings, ...reload].sort(),
    "stalwart-accounts/accounts.json": [...settings, "Job/stalwart-reload-HASH"].sort(),
    "stalwart-settings-HASH/plan.ndjson": ["Job/stalwart-settings-HASH"],
    "stalwart-settings/plan.ndjson": ["CronJob/stalwart-settings"],
  });
});

test("a migration's pods see their own source's login, their mailbox's account and the administrator's password", async () => {
  const source = (name: string) => ({
    mailbox: name,
    from: { host: "imap.example.org", user: name, password: "S3cret" },
  });
  const { recorder } = await deploy({ ...threeMailboxes, migrations: { old: source("kinga"), isp: source("alpar") } });
  const found = readers(recorder);
  for (const name of ["old", "isp"]) {
    for (const key of ["user", "password", "account"]) {
      expect(found[`migration-${name}/${key}`]).toEqual([`CronJob/migration-${name}`, `Job/migration-${name}-HASH`]);
    }
  }
  expect(found["stalwart-admin/password"]?.filter((owner) => owner.includes("migration"))).toHaveLength(4);
});
