import { CustomResource } from "@pulumi/kubernetes/apiextensions";
import { CustomResourceDefinition } from "@pulumi/kubernetes/apiextensions/v1";
import { demand } from "../shared/kinds";

export const GROUP = "snapshot.storage.k8s.io";

const without = "or do without: pulumi config rm --path backup.snapshotClass";
/** The report of a cluster that cannot make snapshots. */
export const noSnapshots =
  "backup.snapshotClass needs the kind VolumeSnapshot, which this cluster does not know. " +
  `Install the CSI snapshot controller with its kinds, ${without}`;

/** The report of a cluster that can, and has no such class. */
export const noSuchClass = (name: string): string =>
  `backup.snapshotClass is ${name}, and this cluster has no VolumeSnapshotClass of that name. ` +
  `Set one of those that "kubectl get volumesnapshotclass" shows, ${without}`;

/** Ends the run before anything is made when there is nothing to make snapshots with. */
export async function demandSnapshotClass(name: string): Promise<void> {
  await demand(CustomResourceDefinition.get(noSnapshots, `volumesnapshots.${GROUP}`));
  const kind = { apiVersion: `${GROUP}/v1`, kind: "VolumeSnapshotClass" };
  await demand(CustomResource.get(noSuchClass(name), { ...kind, id: name }));
}
