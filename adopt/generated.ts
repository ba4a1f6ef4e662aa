import { names } from "../config/names";
import type { StackConfig } from "../config/types";
import type { ClusterApi } from "../lib/kubectl";

/** Where each generated value is in the cluster, and the key that gives it to the stack. */
export const places: readonly {
  readonly key: keyof StackConfig["generated"];
  readonly secret: string;
  readonly field: string;
  /** Whether this stack generates it: what users set is in the configuration already. */
  readonly generates: (config: Pick<StackConfig, "admin" | "monitoring">) => boolean;
}[] = [
  {
    key: "adminPassword",
    secret: names.secrets.admin,
    field: "password",
    generates: ({ admin }) => admin.password === undefined,
  },
  { key: "desKey", secret: names.secrets.roundcube, field: "des_key", generates: () => true },
  {
    key: "metricsPassword",
    secret: names.secrets.metrics,
    field: "password",
    generates: ({ monitoring }) => monitoring.enabled,
  },
];

export interface Found {
  readonly key: keyof StackConfig["generated"];
  readonly value: string;
}

/** What the cluster's Secrets hold of what a stack generates. A Secret that is not there was deleted, or was never made. */
export async function generatedIn(
  cluster: Pick<ClusterApi, "get">,
  config: Pick<StackConfig, "admin" | "monitoring" | "namespace">,
): Promise<Found[]> {
  const found = await Promise.all(
    places
      .filter(({ generates }) => generates(config))
      .map(async ({ key, secret, field }) => {
        const object = await cluster.get(`/api/v1/namespaces/${config.namespace}/secrets/${secret}`);
        const value = Buffer.from(object?.data?.[field] ?? "", "base64").toString();
        return value === "" ? [] : [{ key, value }];
      }),
  );
  return found.flat();
}
