import { CustomResource } from "@pulumi/kubernetes/apiextensions";
import { CustomResourceDefinition } from "@pulumi/kubernetes/apiextensions/v1";
import { missingSnapshotClass, missingSnapshotKind } from "../../../../components/backup/snapshotClass";
import { networkErrors } from "../../../../components/shared/waitForUrl";
import { type Deployed, deploy, threeMailboxes } from "../../../support/deploy";

const on = { ...threeMailboxes, backup: { snapshotClass: "longhorn-snapshot-vsc", keep: 3, schedule: "30 2 * * 1-5" } };
const backups = (deployed: Deployed) =>
  deployed.recorder.resources.filter(({ inputs }) => inputs.metadata?.name === "stalwart-backup");

test("a stack without a snapshot class has no object of the backup", async () => {
  const kinds = jest.spyOn(CustomResourceDefinition, "get");
  expect(backups(await deploy())).toEqual([]);
  expect(kinds).not.toHaveBeenCalled();
  kinds.mockRestore();
});

test("the snapshot kind and class are looked up in the cluster, and a missing one is reported with what to do", async () => {
  const kinds = jest.spyOn(CustomResourceDefinition, "get");
  const classes = jest.spyOn(CustomResource, "get");
  await deploy(on);
  expect(kinds.mock.calls.map(([report, name]) => [report, name])).toEqual([
    [missingSnapshotKind, "volumesnapshots.snapshot.storage.k8s.io"],
  ]);
  expect(classes.mock.calls.map(([report, { id }]) => [report, id])).toEqual([
    [missingSnapshotClass("longhorn-snapshot-vsc"), "longhorn-snapshot-vsc"],
  ]);
  for (const report of [missingSnapshotKind, missingSnapshotClass("x")]) {
    expect(report).toMatch(/^backup\.snapshotClass .* pulumi config rm --path backup\.snapshotClass$/);
  }
});

test("a CronJob makes snapshots of both claims, and may do nothing else in the cluster", async () => {
  const { recorder } = await deploy(on);
  const cron = recorder.object("CronJob", "stalwart-backup").inputs.spec;
  expect(cron).toMatchObject({ schedule: "30 2 * * 1-5", concurrencyPolicy: "Forbid" }); // two runs would count each other's
  const pod = cron.jobTemplate.spec.template.spec;
  expect(pod).toMatchObject({ serviceAccountName: "stalwart-backup", automountServiceAccountToken: false });
  // The API server's certificate is not one that curl knows, and that is an answer.
  expect(pod.initContainers[0].args[0]).toContain(`  ${networkErrors.join(" | ")}) ;;\n`);
  const [token] = pod.volumes.find(({ name }: { name: string }) => name === "login").projected.sources;
  expect(token.serviceAccountToken.expirationSeconds).toBeLessThanOrEqual(3600);
  const [container] = pod.containers;
  expect(container.args.join(" ")).toBe(
    "--namespace stalwart-mail --class longhorn-snapshot-vsc --keep 3 stalwart-data roundcube-data",
  );
  expect(recorder.object("Role", "stalwart-backup").inputs.rules).toEqual([
    {
      apiGroups: ["snapshot.storage.k8s.io"],
      resources: ["volumesnapshots"],
      verbs: ["create", "get", "list", "delete"],
    },
  ]);
  expect(recorder.kind("ClusterRole")).toEqual([]);
  expect(recorder.kind("ClusterRoleBinding")).toEqual([]);
});

test("the pod that makes snapshots has its program, a token that expires and the API server's CA, and no other secret", async () => {
  const { recorder } = await deploy(on);
  const cron = recorder.object("CronJob", "stalwart-backup");
  const pod = cron.inputs.spec.jobTemplate.spec.template.spec;
  const items = [{ key: "ca.crt", path: "ca.crt" }];
  expect(pod.volumes).toEqual([
    { name: "program", configMap: { name: "stalwart-backup" } },
    {
      name: "login",
      projected: {
        defaultMode: 0o440, // the pod's group reads it
        sources: [
          { serviceAccountToken: { path: "token", expirationSeconds: 3600 } },
          { configMap: { name: "kube-root-ca.crt", items } },
        ],
      },
    },
  ]);
  expect(pod.securityContext).toMatchObject({ runAsUser: 65534, runAsGroup: 65534, fsGroup: 65534 });
  expect(pod.containers).toMatchObject([
    {
      command: ["python3", "-B", "/program/snapshots.py"],
      volumeMounts: [
        { name: "program", mountPath: "/program", readOnly: true },
        { name: "login", mountPath: "/var/run/secrets/homelab-mail", readOnly: true },
      ],
    },
  ]);
  const { "snapshots.py": code } = recorder.object("ConfigMap", "stalwart-backup").inputs.data;
  expect(code).toContain('LOGIN = "/var/run/secrets/homelab-mail"');
  expect(pod.initContainers[0].args[0]).toContain("https://kubernetes.default.svc/readyz");
});

test("a snapshot run has its rights before it starts, and they are its own account's", async () => {
  const { recorder } = await deploy(on);
  const account = recorder.object("ServiceAccount", "stalwart-backup");
  expect(account.inputs.automountServiceAccountToken).toBe(false);
  const binding = recorder.object("RoleBinding", "stalwart-backup");
  expect(binding.inputs).toMatchObject({
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "stalwart-backup" },
    subjects: [{ kind: "ServiceAccount", name: "stalwart-backup", namespace: "stalwart-mail" }],
  });
  const waitsFor = recorder.upstream(recorder.object("CronJob", "stalwart-backup"));
  for (const object of [account, binding, recorder.object("Role", "stalwart-backup")]) {
    expect([...waitsFor]).toContain(object.urn);
  }
});

test("a snapshot run is never two at once, and a failed one is repeated at the next time only", async () => {
  const { recorder } = await deploy(on);
  const { jobTemplate, ...cron } = recorder.object("CronJob", "stalwart-backup").inputs.spec;
  expect(cron).toEqual({
    schedule: "30 2 * * 1-5",
    concurrencyPolicy: "Forbid",
    startingDeadlineSeconds: 3600,
    successfulJobsHistoryLimit: 1,
    failedJobsHistoryLimit: 2,
  });
  expect(jobTemplate.spec).toMatchObject({ backoffLimit: 0, activeDeadlineSeconds: 1800 });
  expect(jobTemplate.spec.template.spec.restartPolicy).toBe("Never");
  for (const { metadata } of [jobTemplate, jobTemplate.spec.template]) {
    expect(metadata.labels).toMatchObject({ "app.kubernetes.io/name": "stalwart-backup" });
  }
});

test("only the backup's pod may connect to the API server", async () => {
  const { recorder } = await deploy(on);
  const policy = recorder.object("NetworkPolicy", "stalwart-backup").inputs.spec;
  expect(policy.podSelector.matchLabels).toMatchObject({ "app.kubernetes.io/name": "stalwart-backup" });
  const letsOut = recorder
    .kind("NetworkPolicy")
    .filter(({ inputs }) => JSON.stringify(inputs.spec.egress ?? []).includes("6443"))
    .map(({ inputs }) => inputs.metadata.name);
  expect(letsOut).toEqual(["stalwart-backup"]);
  expect(policy.egress).toHaveLength(2);
});
