const plain: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "it hung up",
  ENOTFOUND: "no such name",
  EAI_AGAIN: "the name cannot be looked up now",
  ETIMEDOUT: "timed out",
  ETIMEOUT: "timed out",
  EHOSTUNREACH: "no way there",
  ENETUNREACH: "no way there",
  ABORT_ERR: "no answer in time",
  // imapflow's own, which are due at the same moment as the end of the whole session
  CONNECT_TIMEOUT: "no answer in time",
  GREETING_TIMEOUT: "no answer in time",
};

/** Why something failed, in few words and one line. */
export function reasonOf(problem: unknown): string {
  if (problem instanceof AggregateError && problem.errors.length > 0) return reasonOf(problem.errors[0]);
  const { code = "", message = String(problem), cause } = problem as NodeJS.ErrnoException;
  if (plain[code]) return plain[code];
  if (cause !== undefined) return reasonOf(cause);
  const known = Object.keys(plain).find((name) => new RegExp(`\\b${name}\\b`).test(message)); // wrapped by a library
  if (known !== undefined) return plain[known] as string;
  return (message.split("\n").find((line) => line.trim() !== "") ?? code).trim();
}
