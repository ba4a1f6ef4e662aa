import { z } from "zod";
import { reasonOf } from "../../../lib/reason";
import { jmap, PasswordRefused, type ServerArgs } from "../../clients/mailServer";

export type QueueObservation =
  | { readonly reason: string; readonly refused: boolean }
  | {
      readonly count: number;
      /** When the oldest message was queued, in milliseconds since the epoch. */
      readonly oldest?: number;
      /** Why the latest attempt failed, from the response of the provider or the server. */
      readonly lastError?: string;
    };

const statusShape = z.object({
  "@type": z.string(),
  responseCode: z.number().nullish(),
  responseMessage: z.string().nullish(),
  errorMessage: z.string().nullish(),
  errorType: z.string().nullish(),
});
const queueShape = z.array(
  z.object({
    createdAt: z.string(),
    recipients: z.record(z.string(), z.object({ status: statusShape })).default({}),
  }),
);

function wordsOf(status: z.infer<typeof statusShape>): string | undefined {
  if (!status["@type"].endsWith("Failure")) return undefined;
  const { responseCode, responseMessage, errorMessage, errorType } = status;
  const words = [responseCode, responseMessage ?? errorMessage ?? errorType].filter(Boolean).join(" ");
  return words.replace(/\s+/g, " ");
}

/** A provider's message may repeat addresses, which are private. */
const withoutAddresses = (text: string): string => text.replace(/[^\s<>"']+@[^\s<>"']+/g, "…");

/** The messages in the outbound queue. */
export async function collectQueue(args: ServerArgs): Promise<QueueObservation> {
  try {
    const { list } = await jmap(args, "x:QueuedMessage/get", { ids: null });
    const messages = queueShape.parse(list);
    const times = messages.map(({ createdAt }) => Date.parse(createdAt)).filter(Number.isFinite);
    const newestFirst = [...messages].sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
    const lastError = newestFirst
      .flatMap(({ recipients }) => Object.values(recipients))
      .flatMap(({ status }) => wordsOf(status) ?? [])[0];
    return {
      count: messages.length,
      ...(times.length > 0 && { oldest: Math.min(...times) }),
      ...(lastError !== undefined && { lastError: withoutAddresses(lastError) }),
    };
  } catch (problem) {
    const reason =
      problem instanceof z.ZodError || problem instanceof SyntaxError ? "invalid response" : reasonOf(problem);
    return { reason, refused: problem instanceof PasswordRefused };
  }
}
