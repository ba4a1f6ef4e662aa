import { log } from "@pulumi/pulumi";
import type { StackConfig } from "../../config/types";
import { requireSnapshotClass } from "../backup/snapshotClass";
import { forgedAddresses, unknownController } from "../exposure";
import { warnAboutAccounts } from "../identity/users";
import { requirePrometheusOperator } from "../monitoring/operator";

type Checked = Parameters<typeof warnAboutAccounts>[0] & Pick<StackConfig, "ingress" | "monitoring" | "backup">;

/**
 * Checks the cluster and the identity provider before the first resource is registered, in previews, too. What the stack cannot
 * work without ends the run; everything else is a warning or a remark.
 */
export async function preflight(config: Checked): Promise<void> {
  const { ingress, monitoring, backup } = config;
  const warning = unknownController(ingress);
  if (warning !== undefined) await log.warn(warning);
  const remark = forgedAddresses(ingress);
  if (remark !== undefined) await log.info(remark);

  if (monitoring.enabled) await requirePrometheusOperator();
  if (backup.snapshotClass !== undefined) await requireSnapshotClass(backup.snapshotClass);
  await warnAboutAccounts(config);
}
