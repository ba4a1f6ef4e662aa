import { dnsRecords } from "../../../components/outputs/dns";
import { type CheckDefinition, limits, orElse } from "../../context";
import { collectDns } from "./collect";
import { collectClusterDns } from "./collectInCluster";
import { evaluateDns, evaluateInside } from "./evaluate";
import { dnsMessages } from "./messages";

export const dns: CheckDefinition = {
  messages: dnsMessages,
  checks: ({ stack: { config }, cluster, resolvers, signal, lookups }) => [
    {
      obscures: ["in"],
      run: async () => {
        const args = {
          domain: config.domain,
          namespace: config.namespace,
          wanted: dnsRecords(config),
          service: await orElse(lookups.serviceAddresses(), []),
        };
        const [world, inside] = await Promise.all([
          collectDns({ ...args, resolvers }),
          collectClusterDns({ ...args, cluster, signal, limit: limits.connection }),
        ]);
        return [...evaluateDns(world), ...evaluateInside(world, inside)];
      },
    },
  ],
};
