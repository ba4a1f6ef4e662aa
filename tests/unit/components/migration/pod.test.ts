import { rootCertificates } from "node:tls";
import { defaultImages } from "../../../../config/images";
import { names } from "../../../../config/names";
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

test("a migration's two containers have the images with what they run, and both servers' names", () => {
  const { initContainers, containers } = cronSpec().jobTemplate.spec.template.spec;
  expect(initContainers.map(({ name, image }: { name: string; image: string }) => [name, image])).toEqual([
    ["credentials", defaultImages.fetchmail],
  ]);
  expect(initContainers[0]).toMatchObject({
    restartPolicy: "Always",
    startupProbe: { exec: { command: ["test", "-s", "/credentials/password"] } },
  });
  expect(containers).toMatchObject([{ name: "imapsync", image: defaultImages.imapsync }]);
  const { args } = containers[0];
  expect(args).toEqual(expect.arrayContaining(["stalwart.stalwart-mail.svc.cluster.local", "imap.example.org"]));
  expect(args).toContain("SSL_verifycn_name=mail.newjoy.ro");
});

test("a migration from a server with a certificate of a custom CA trusts that CA, and the public ones of its image", async () => {
  const trust = { certificates: [rootCertificates[0]] };
  const trusting = await deploy({ ...threeMailboxes, trust, migrations: { old: { mailbox: "kinga", from } } });
  const { template } = trusting.recorder.object("CronJob", "migration-old").inputs.spec.jobTemplate.spec;
  expect(template.metadata.annotations).toEqual({ "homelab-mail/trust": expect.stringMatching(/^[0-9a-f]{10}$/) });
  const { initContainers, containers, volumes } = template.spec;
  expect(initContainers.map(({ name }: { name: string }) => name)).toEqual(["trust", "credentials"]);
  expect(initContainers[0].image).toBe(defaultImages.imapsync);
  expect(containers[0].env).toContainEqual({ name: "SSL_CERT_FILE", value: "/etc/trust/ca-certificates.crt" });
  expect(containers[0].volumeMounts).toContainEqual({ name: "trust", mountPath: "/etc/trust", readOnly: true });
  expect(volumes).toContainEqual({ name: expect.any(String), configMap: { name: names.customCAs } });
});
