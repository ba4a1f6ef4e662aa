import type { CheckDefinition } from "../../context";
import { collectRunning, collectState } from "./collect";
import { evaluateDeployed, evaluateLoaded, evaluateRunning } from "./evaluate";
import { configurationMessages } from "./messages";

export const configuration: CheckDefinition = {
  messages: configurationMessages,
  checks: ({ stack: { config }, state, cluster, kubeContext }) => [
    {
      obscures: ["in"],
      run: async () => {
        const configured = config.mailboxes.map(({ name }) => name);
        return [
          evaluateLoaded(config.domains, configured.length),
          ...evaluateDeployed({ configured, state: collectState(await state) }),
        ];
      },
    },
    {
      subject: "in the cluster",
      obscures: ["in", "out", "read"],
      run: async () => {
        const known = await state;
        // The check above reports an empty state, and there is nothing to compare with.
        if (known.objects.length === 0) return [];
        const running = await collectRunning(cluster, config.namespace, known);
        return evaluateRunning({ running, context: kubeContext });
      },
    },
  ],
};
