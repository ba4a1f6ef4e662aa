import { z } from "zod";
import { reasonOf } from "./reason";
import { ask, forwarded } from "./signIn";

export type QueueSeen =
  | { readonly reason: string; readonly refused: boolean }
  | {
      readonly count: number;
      /** When the oldest was queued, in milliseconds since the epoch. */
      readonly oldest?: number;
      /** Why the latest try failed, in the words of the provider or the server. */
      readonly lastError?: string;
    };

export interface ServerArgs {
  /** Base address of the mail server's HTTP port. */
  readonly base: string;
  /** Who asks: `admin`, or `somebody%admin` for what somebody sees. */
  readonly user: string;
  readonly password: string;
  readonly limit: number;
}

const replyShape = z.object({
  methodResponses: z.array(z.tuple([z.string(), z.record(z.string(), z.unknown()), z.string()])),
});

/** Thrown for an answer that says that the password is wrong. */
export class PasswordRefused extends Error {}

/**
 * A hundred refusals a day and the server bans whoever asks, and for it that is the address of the kubelet's probes as well.
 * So with --watch a login that was refused is not tried again.
 */
const refused = new Set<string>();

/** A request as the administrator. */
export async function asAdministrator({ base, user, password, limit }: ServerArgs, path: string, body?: string) {
  const login = Buffer.from(`${user}:${password}`).toString("base64");
  const told = "the server refuses the administrator's password";
  if (refused.has(login)) throw new PasswordRefused(told);
  const headers = { ...forwarded, "content-type": "application/json", authorization: `Basic ${login}` };
  const answer = await ask(`${base}${path}`, { limit, headers, ...(body !== undefined && { body }) });
  if (answer.status === 401) {
    refused.add(login);
    throw new PasswordRefused(told);
  }
  return answer;
}

/** JMAP, which in 0.16 is the management API as well (crates/jmap/src/registry). One method a request. */
export async function jmap(
  args: ServerArgs,
  method: string,
  parameters: Readonly<Record<string, unknown>>,
  capabilities: readonly string[] = [],
): Promise<Record<string, unknown>> {
  const body = JSON.stringify({
    using: ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail", "urn:stalwart:jmap", ...capabilities],
    methodCalls: [[method, parameters, "0"]],
  });
  const answer = await asAdministrator(args, "/jmap", body);
  if (answer.status !== 200) throw new Error(`HTTP ${answer.status}`);
  const [first] = replyShape.parse(JSON.parse(answer.text)).methodResponses;
  if (first?.[0] !== method) throw new Error(`the server answers ${method} with ${String(first?.[1].type)}`);
  return first[1];
}

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

/** Addresses are people's own business: the provider's words may repeat them. */
const withoutAddresses = (text: string): string => text.replace(/[^\s<>"']+@[^\s<>"']+/g, "…");

/** What waits to leave. */
export async function observeQueue(args: ServerArgs): Promise<QueueSeen> {
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
      problem instanceof z.ZodError || problem instanceof SyntaxError ? "its answer cannot be read" : reasonOf(problem);
    return { reason, refused: problem instanceof PasswordRefused };
  }
}
