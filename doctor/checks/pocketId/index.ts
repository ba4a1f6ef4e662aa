import { addressesOf } from "../../../config/addresses";
import { type CheckDefinition, limits } from "../../context";
import { collectPocketId } from "./collect";
import { evaluatePocketId } from "./evaluate";
import { pocketIdMessages } from "./messages";

export const pocketId: CheckDefinition = {
  messages: pocketIdMessages,
  checks: ({ stack: { config, apiKey }, lookups }) => [
    {
      subject: "users",
      obscures: ["read"],
      run: async () => {
        const { identity, trust } = config;
        const [issuer, seen] = await Promise.all([
          lookups.issuer(),
          collectPocketId({
            issuer: identity.issuer,
            clientId: identity.clientId,
            apiKey,
            addresses: addressesOf(config),
            ca: trust.certificates,
            limit: limits.connection,
          }),
        ]);
        // The sign-in check reports an issuer that does not answer.
        return "failed" in issuer.discovery ? [] : evaluatePocketId(seen);
      },
    },
  ],
};
