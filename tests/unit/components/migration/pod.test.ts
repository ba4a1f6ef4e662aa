import { deploy, threeMailboxes } from "../../../support/deploy";
import type { Recorder } from "../../../support/recorder";

const from = { host: "imap.example.org", user: "kinga@example.org", password: "S3cret-old" };
let recorder: Recorder;
beforeAll(async () => {
  ({ recorder } = await deploy({ ...threeMailboxes, migrations: { old: { mailbox: "kinga", from } } }));
});
const cronSpec = () => recorder.object("CronJob", "migration-old").inputs.spec;

test("a migration's pod holds each file where its program looks for it", () => {
  const { volumes, initContainers, containers, ...pod } = cronSpec().jobTemplate.spec.template.spec;
  const items = (...keys: string[]) => keys.map((key) => ({ key, path: key }));
  expect(volumes).toEqual([
    { name: "credentials", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
    { name: "program", configMap: { name: "stalwart-access" } },
    {
      name: "login",
      projected: {
        defaultMode: 0o440,
        sources: [
          { secret: { name: "stalwart-admin", items: items("password") } },
          { secret: { name: "migration-old", items: items("account") } },
        ],
      },
    },
    {
      name: "source",
      secret: { secretName: "migration-old", items: items("user", "password", "account"), defaultMode: 0o440 },
    },
    { name: "work", emptyDir: { sizeLimit: "1Gi" } },
    { name: "tmp", emptyDir: { sizeLimit: "1Gi" } },
  ]);
  expect(initContainers.at(-1)).toMatchObject({
    command: ["python3", "-B", "-u", "/program/app_password.py"],
    args: [
      "--migration=old",
      "--url=http://stalwart.stalwart-mail.svc.cluster.local:8080",
      "--login=/login",
      "--password-file=/credentials/password",
    ],
    volumeMounts: [
      { name: "credentials", mountPath: "/credentials" },
      { name: "login", mountPath: "/login", readOnly: true },
      { name: "program", mountPath: "/program", readOnly: true },
    ],
    startupProbe: { periodSeconds: 2, failureThreshold: 600 },
  });
  expect(containers).toMatchObject([
    {
      command: ["sh", "-c", expect.stringContaining('--user1 "$(cat /source/user)"'), "imapsync"],
      env: [{ name: "HOME", value: "/var/tmp" }],
      volumeMounts: [
        { name: "credentials", mountPath: "/credentials", readOnly: true },
        { name: "source", mountPath: "/source", readOnly: true },
        { name: "work", mountPath: "/var/tmp" },
        { name: "tmp", mountPath: "/tmp" },
      ],
    },
  ]);
  expect(containers[0].command[2]).toContain(">/dev/termination-log");
  expect(pod).toMatchObject({ restartPolicy: "Never", terminationGracePeriodSeconds: 60 });
  expect(pod.securityContext).toMatchObject({ runAsUser: 65534, fsGroup: 65534 });
});

test("a migration goes on after an eviction, and ends at what a further try cannot change", () => {
  const { template, ...job } = cronSpec().jobTemplate.spec;
  expect(job).toEqual({
    backoffLimit: 6,
    activeDeadlineSeconds: 14 * 86_400,
    podFailurePolicy: {
      rules: [
        { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
        { action: "FailJob", onExitCodes: { containerName: "imapsync", operator: "In", values: [64, 113, 161] } },
      ],
    },
  });
  expect(template.metadata.labels["app.kubernetes.io/name"]).toBe("migration");
  const { jobTemplate, ...cron } = cronSpec();
  expect(cron).toEqual({
    suspend: true,
    schedule: "0 0 1 1 *",
    startingDeadlineSeconds: 60,
    concurrencyPolicy: "Forbid",
  });
  expect(jobTemplate.metadata.labels["app.kubernetes.io/instance"]).toBe("migration-old");
});
