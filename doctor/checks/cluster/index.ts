import { type CheckContext, type CheckDefinition, limits } from "../../context";
import { collectCluster, type PoliciesObservation } from "./collect";
import { evaluateCluster } from "./evaluate";
import { clusterMessages } from "./messages";
import { tryPolicies } from "./networkPolicies";

/** Milliseconds for one connection to a mail port. */
const PORT_LIMIT = 3000;

async function policies(context: CheckContext): Promise<PoliciesObservation> {
  const { stack, cluster, pods, signal, registerCleanup } = context;
  if (!pods) return { skipped: true };
  const { namespace, images } = stack.config;
  const trial = tryPolicies({ cluster, namespace, image: images.fetchmail, limit: limits.policies, signal });
  registerCleanup(trial);
  return trial;
}

export const cluster: CheckDefinition = {
  messages: clusterMessages,
  checks: (context) => [
    {
      obscures: ["in", "out", "read"],
      run: async () => {
        const { stack, cluster, lookups } = context;
        const { namespace, provider } = stack.config;
        return evaluateCluster(
          await collectCluster({
            cluster,
            namespace,
            sendsTo: provider.smtp.host,
            limit: PORT_LIMIT,
            inside: lookups.fetchers().then(({ inside }) => inside),
            policies: () => policies(context),
          }),
        );
      },
    },
  ],
};
