import { type CheckDefinition, limits } from "../../context";
import { collectQueue } from "./collect";
import { evaluateQueue } from "./evaluate";
import { queueMessages } from "./messages";

export const queue: CheckDefinition = {
  messages: queueMessages,
  checks: ({ stack: { config }, lookups }) => [
    {
      subject: "queue",
      obscures: ["out"],
      run: async () => {
        const seen = await Promise.all([lookups.mailServer(), lookups.adminPassword()]).then(
          ([base, password]) => collectQueue({ base, user: "admin", password, limit: limits.connection }),
          (problem: Error) => ({ reason: problem.message, refused: false }),
        );
        return [evaluateQueue(seen, config.namespace, Date.now())];
      },
    },
  ],
};
