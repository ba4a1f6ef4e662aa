import { type CheckDefinition, limits } from "../../context";
import { collectDevices } from "./collect";
import { evaluateDevices } from "./evaluate";
import { deviceMessages } from "./messages";

export const devices: CheckDefinition = {
  messages: deviceMessages,
  checks: ({ stack: { config } }) => [
    {
      obscures: [],
      run: async () => {
        const options = { ca: config.trust.certificates, limit: limits.connection };
        return evaluateDevices(await collectDevices(config, options), config.namespace);
      },
    },
  ],
};
