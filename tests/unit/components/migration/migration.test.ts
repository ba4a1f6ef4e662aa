import { type Deployed, deploy, type RawConfig, threeMailboxes } from "../../../support/deploy";
import { containersOf, podsOf } from "../../../support/kubernetes";

const old = {
  mailbox: "kinga",
  from: { host: "imap.example.org", user: "kinga@example.org", password: "S3cret-old" },
};
const withMigrations = (migrations: Record<string, unknown>, more: RawConfig = {}): RawConfig => ({
  ...threeMailboxes,
  ...more,
  migrations,
});
const jobs = ({ recorder }: Deployed) =>
  recorder.kind("Job").filter(({ inputs }) => inputs.metadata.name.startsWith("migration-"));
const imapsync = (deployed: Deployed) => {
  const [job] = jobs(deployed);
  return job?.inputs.spec.template.spec.containers[0];
};

test("a stack without migrations has no object of them", async () => {
  const { recorder } = await deploy();
  expect(recorder.resources.map(({ name }) => name).filter((name) => name.includes("migration"))).toEqual([]);
});

describe("a migration", () => {
  let deployed: Deployed;
  beforeAll(async () => {
    deployed = await deploy(withMigrations({ old, other: { ...old, mailbox: "alpar" } }));
  });

  test("a migration gives the container that connects to the other server neither the administrator's password nor an API token", () => {
    for (const pod of podsOf(deployed.recorder).filter(({ owner }) => owner.includes("/migration-"))) {
      const holding = JSON.stringify(
        pod.spec.volumes.filter((one: object) => JSON.stringify(one).includes("stalwart-admin")),
      );
      expect(JSON.parse(holding).map(({ name }: { name: string }) => name)).toEqual(["login"]);
      expect(JSON.stringify(containersOf(pod).map(({ env }) => env))).not.toContain("secretKeyRef");
      const volumes = (name: string) =>
        containersOf(pod)
          .find((container) => container.name === name)
          .volumeMounts.map((mount: { name: string }) => mount.name);
      expect(volumes("credentials")).toEqual(["credentials", "login", "program"]);
      expect(volumes("imapsync")).toEqual(["credentials", "source", "work", "tmp"]);
      expect(pod.spec.shareProcessNamespace).toBeUndefined();
      expect(pod.spec.volumes.find(({ name }: { name: string }) => name === "credentials").emptyDir.medium).toBe(
        "Memory",
      );
    }
  });

  test("a migration makes the app password before imapsync starts, and ends it after imapsync has ended", () => {
    const sidecar = jobs(deployed)[0]?.inputs.spec.template.spec.initContainers.at(-1);
    expect(sidecar).toMatchObject({ name: "credentials", restartPolicy: "Always" });
    expect(sidecar.startupProbe.exec.command).toEqual(["test", "-s", "/credentials/password"]);
  });

  test("a migration has no password, login or address in its arguments, and deletes nothing anywhere", () => {
    const text = JSON.stringify([imapsync(deployed).args, imapsync(deployed).command]);
    for (const hidden of ["S3cret", "kinga@", "--password", "delete", "expunge"]) expect(text).not.toContain(hidden);
  });

  test("a migration checks the certificates of both servers", () => {
    const args: string[] = imapsync(deployed).args;
    const given = (option: string) => args.filter((_, n) => args[n - 1] === option);
    expect(given("--sslargs1")).toEqual(["SSL_verify_mode=1", "SSL_verifycn_name=imap.example.org"]);
    expect(given("--sslargs2")).toEqual(["SSL_verify_mode=1", "SSL_verifycn_name=mail.newjoy.ro"]);
    expect(args).toContain("--nosslcheck");
  });

  test("no update waits for a migration, which waits itself until the mail server has its settings", () => {
    const { recorder } = deployed;
    const settings = recorder.kind("Job").find(({ inputs }) => inputs.metadata.name.startsWith("stalwart-settings-"));
    for (const job of jobs(deployed)) {
      expect(job.inputs.metadata.annotations).toEqual({ "pulumi.com/skipAwait": "true" });
      expect(job.ignoreChanges).toEqual(["spec"]);
      expect([...recorder.upstream(job)]).toContain(settings?.urn);
    }
  });

  test("a migration can be run again from a CronJob that never runs by itself", () => {
    const cron = deployed.recorder.object("CronJob", "migration-old").inputs.spec;
    expect(cron.suspend).toBe(true);
    expect(cron.jobTemplate.spec).toEqual(
      jobs(deployed).find(({ inputs }) => inputs.metadata.name.startsWith("migration-old-"))?.inputs.spec,
    );
  });

  test("a migration waits for its logins, which are in one Secret of its own", () => {
    const { recorder } = deployed;
    const secret = recorder.object("Secret", "migration-old");
    expect(secret.inputs.stringData).toEqual({
      user: "kinga@example.org",
      password: "S3cret-old",
      account: "kinga@newjoy.ro",
    });
    const runs = [...jobs(deployed), recorder.object("CronJob", "migration-old")];
    for (const run of runs.filter(({ inputs }) => inputs.metadata.name.startsWith("migration-old"))) {
      expect([...recorder.upstream(run)]).toContain(secret.urn);
      expect(run.inputs.metadata.labels).toMatchObject({ "app.kubernetes.io/instance": "migration-old" });
    }
  });

  test("a settings run gets the names of the migrations whose app passwords are in use", () => {
    const { stringData } = deployed.recorder.object("Secret", "stalwart-accounts").inputs;
    expect(JSON.parse(stringData["accounts.json"]).migrations).toEqual(["old", "other"]);
  });
});

describe("a run", () => {
  const nameOf = async (config: RawConfig): Promise<string> => {
    const [job] = jobs(await deploy(config));
    return `${job?.name} ${job?.inputs.metadata.name}`;
  };
  let first: string;
  beforeAll(async () => {
    first = await nameOf(withMigrations({ old }));
  });

  test.each([
    ["another password", { old: { ...old, from: { ...old.from, password: "S3cret-new" } } }],
    ["another login", { old: { ...old, from: { ...old.from, user: "me" } } }],
    ["another size", { old: { ...old, maxMessageSize: "50Mi" } }],
    ["another first day", { old: { ...old, since: "2015-06-30" } }],
    ["another mailbox", { old: { ...old, mailbox: "alpar" } }],
    ["another port", { old: { ...old, from: { ...old.from, port: 1993 } } }],
    ["other folders", { old: { ...old, folders: { exclude: ["Spam"] } } }],
  ])("a new run of a migration follows from %s", async (_what, migrations) => {
    const name = await nameOf(withMigrations(migrations));
    expect(name).not.toBe(first);
    // The Job before may still be there, and a name is taken once only.
    expect(name.split(" ")[1]).not.toBe(first.split(" ")[1]);
  });

  test("a release does not run a migration again: another run would copy deleted mail back", () => {
    expect(first).toBe("migration-old-7c11e605ad migration-old-cd14d629ee");
  });

  test("no new run of a migration follows from another image, the provider's limit, or another mailbox", async () => {
    const digest = "a".repeat(64);
    const more = {
      provider: { ...(threeMailboxes.provider as object), largestMessage: "200Mi" },
      images: { imapsync: `example.org/imapsync:2.400@sha256:${digest}` },
      mailboxes: { ...(threeMailboxes.mailboxes as object), anna: { password: "S3cret-anna" } },
    };
    expect(await nameOf(withMigrations({ old }, more))).toBe(first);
  });
});

test("each migration's pods reach their own source's port and no other, and the mail server's IMAP and JMAP", async () => {
  const { recorder } = await deploy(
    withMigrations({ old: { ...old, from: { ...old.from, port: 10993 } }, other: { ...old, mailbox: "alpar" } }),
  );
  const policy = (name: string) => recorder.object("NetworkPolicy", name).inputs.spec;
  const tcp = (port: number) => ({ protocol: "TCP", port });
  for (const [name, port] of [
    ["migration-old", 10993],
    ["migration-other", 993],
  ] as const) {
    expect(policy(name).podSelector.matchLabels["app.kubernetes.io/instance"]).toBe(name);
    expect(policy(name).ingress).toBeUndefined();
    expect(policy(name).egress.slice(1)).toEqual([
      { ports: [tcp(port)] },
      {
        to: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "stalwart" } } }],
        ports: [tcp(993), tcp(8080)],
      },
    ]);
  }
  expect(policy("migration").ingress).toEqual([
    { from: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "migration" } } }], ports: [tcp(8080)] },
  ]);
});
