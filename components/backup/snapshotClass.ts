import { CustomResource } from "@pulumi/kubernetes/apiextensions";
import { CustomResourceDefinition } from "@pulumi/kubernetes/apiextensions/v1";
import { requireExisting } from "../shared/kinds";

export const GROUP = "snapshot.storage.k8s.io";

const without = "or do without: pulumi config rm --path backup.snapshotClass";
/** The message for a cluster without the kinds of VolumeSnapshots. */
export const missingSnapshotKind =
  "backup.snapshotClass needs the kind VolumeSnapshot, which this cluster does not know. " +
  `Install the CSI snapshot controller with its kinds, ${without}`;

/** The message for a cluster without this class. */
export const missingSnapshotClass = (name: string): string =>
  `backup.snapshotClass is ${name}, and this cluster has no VolumeSnapshotClass of that name. ` +
  `Set one of those that "kubectl get volumesnapshotclass" shows, ${without}`;

/** Ends the run before any resource is created if the cluster cannot make snapshots of this class. */
export async function requireSnapshotClass(name: string): Promise<void> {
  await requireExisting(CustomResourceDefinition.get(missingSnapshotKind, `volumesnapshots.${GROUP}`));
  const kind = { apiVersion: `${GROUP}/v1`, kind: "VolumeSnapshotClass" };
  await requireExisting(CustomResource.get(missingSnapshotClass(name), { ...kind, id: name }));
}
