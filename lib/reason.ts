const plain: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection closed",
  ENOTFOUND: "no such name",
  EAI_AGAIN: "temporary DNS failure",
  ETIMEDOUT: "timed out",
  ETIMEOUT: "timed out",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "no route to host",
  ABORT_ERR: "timed out",
  // imapflow's own timeouts, which are as long as the session's
  CONNECT_TIMEOUT: "timed out",
  GREETING_TIMEOUT: "timed out",
};

/** Why something failed, in one short line. */
export function reasonOf(problem: unknown): string {
  if (problem instanceof AggregateError && problem.errors.length > 0) return reasonOf(problem.errors[0]);
  const { code = "", message = String(problem), cause } = problem as NodeJS.ErrnoException;
  if (plain[code]) return plain[code];
  if (cause !== undefined) return reasonOf(cause);
  const known = Object.keys(plain).find((name) => new RegExp(`\\b${name}\\b`).test(message)); // wrapped by a library
  if (known !== undefined) return plain[known] as string;
  return (message.split("\n").find((line) => line.trim() !== "") ?? code).trim();
}
