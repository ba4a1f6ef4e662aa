import { type CheckDefinition, limits } from "../../context";
import { collectForged } from "./collect";
import { evaluateForged } from "./evaluate";
import { clientAddressMessages } from "./messages";

export const clientAddresses: CheckDefinition = {
  messages: clientAddressMessages,
  checks: ({ stack: { config } }) => [
    {
      subject: "client addresses",
      obscures: [],
      run: async () => {
        const { mail } = config.hosts;
        const options = { ca: config.trust.certificates, limit: limits.connection };
        return evaluateForged(await collectForged(`https://${mail}`, mail, options));
      },
    },
  ],
};
