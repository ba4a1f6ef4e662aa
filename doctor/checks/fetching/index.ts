import type { CheckDefinition } from "../../context";
import { evaluateFetching } from "./evaluate";
import { fetchingMessages } from "./messages";

export const fetching: CheckDefinition = {
  messages: fetchingMessages,
  checks: ({ stack: { config }, lookups }) => [
    {
      obscures: ["in"],
      run: async () => evaluateFetching((await lookups.fetchers()).fetchers, config.namespace, Date.now()),
    },
  ],
};
