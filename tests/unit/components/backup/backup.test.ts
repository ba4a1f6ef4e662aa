import { CustomResource } from "@pulumi/kubernetes/apiextensions";
import { CustomResourceDefinition } from "@pulumi/kubernetes/apiextensions/v1";
import { missingSnapshotClass, missingSnapshotKind } from "../../../../components/backup/snapshotClass";
import { networkErrors } from "../../../../components/shared/waitForUrl";
import { type Deployed, deploy, threeMailboxes } from "../../../support/deploy";

const on = { ...threeMailboxes, backup: { snapshotClass: "longhorn-snapshot-vsc", keep: 3, schedule: "30 2 * * 1-5" } };
const backups = (deployed: Deployed) =>
  deployed.recorder.resources.filter(({ inputs }) => inputs.metadata?.name === "stalwart-backup");

test("a stack without a snapshot class has no object of the backup", async () => {
  expect(backups(await deploy())).toEqual([]);
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
  expect(cron.schedule).toBe("30 2 * * 1-5");
  const pod = cron.jobTemplate.spec.template.spec;
  expect(pod).toMatchObject({ serviceAccountName: "stalwart-backup", automountServiceAccountToken: false });
  // The API server's certificate is not one that curl knows, and that is an answer.
  expect(pod.initContainers[0].args[0]).toContain(`  ${networkErrors.join(" | ")}) ;;\n`);
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
