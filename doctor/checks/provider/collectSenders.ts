import { createInterface } from "node:readline";
import * as tls from "node:tls";
import type { Endpoint } from "../../../config/types";
import { trusting } from "../../../lib/customCAs";
import { type Failed, failureOf, type ProviderArgs, type RelayLogin, unlessRefused } from "../../clients/mailProvider";

/** Whether the provider allows a mailbox to send from its own address, with the login that relays its mail. */
export type SenderObservation = { readonly mailbox: string; readonly server: string } & (
  | Failed
  | { readonly failed: "sender"; readonly reason: string }
  | { readonly works: true }
);

/** The server's response to a command was not the expected one. */
class Refusal extends Error {
  constructor(
    readonly command: "AUTH" | "MAIL" | "EHLO",
    message: string,
  ) {
    super(message);
  }
}

/** One session up to RCPT TO, because many servers check the sender there; no message is sent. */
async function session(smtp: Endpoint, login: RelayLogin, sender: string, args: ProviderArgs): Promise<void> {
  const socket = tls.connect({ host: smtp.host, port: smtp.port, ...trusting(args.ca) });
  socket.setTimeout(args.limit, () => socket.destroy(new Error("timed out")));
  const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  const failed = new Promise<never>((_, reject) => socket.once("error", reject));
  failed.catch(() => {});
  const answer = async (): Promise<string> => {
    for (;;) {
      const { done, value } = await Promise.race([lines.next(), failed]);
      if (done) throw new Error("connection closed");
      if (/^\d{3}(?!-)/.test(value)) return value;
    }
  };
  const ask = async (command: Refusal["command"], line: string): Promise<void> => {
    socket.write(`${line}\r\n`);
    const reply = await answer();
    if (!/^[23]/.test(reply)) throw new Refusal(command, reply);
  };
  try {
    await answer();
    await ask("EHLO", "EHLO doctor.invalid");
    await ask("AUTH", `AUTH PLAIN ${Buffer.from(`\0${login.username}\0${login.password}`).toString("base64")}`);
    await ask("MAIL", `MAIL FROM:<${sender}>`);
    await ask("MAIL", `RCPT TO:<${sender}>`);
    socket.write("RSET\r\nQUIT\r\n");
  } finally {
    socket.destroy();
  }
}

/** Logs in as the mail server does for mail of this mailbox, and names it as the sender. Nothing is sent. */
export async function collectSender(
  smtp: Endpoint,
  mailbox: string,
  sender: string,
  login: RelayLogin,
  args: ProviderArgs,
): Promise<SenderObservation> {
  const server = `${smtp.host}:${smtp.port}`;
  const seen = await unlessRefused<{ works: true } | { failed: "sender"; reason: string }>(
    [server, login.username, login.password],
    async () => {
      try {
        await session(smtp, login, sender, args);
        return { works: true };
      } catch (problem) {
        if (!(problem instanceof Refusal)) return failureOf(problem);
        const reason = problem.message;
        return problem.command === "MAIL"
          ? { failed: "sender", reason }
          : { failed: problem.command === "AUTH" ? "refused" : "unreachable", reason };
      }
    },
  );
  return { mailbox, server, ...seen };
}
