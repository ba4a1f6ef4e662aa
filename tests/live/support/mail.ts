import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import type { LiveSandbox } from "../../../sandbox/live/stack";
import { domain, hosts, stackNamespace } from "../../rig/environment/names";
import { type Mail, message } from "../../support/message";
import { type Probe, python } from "./probe";

export const server = `stalwart.${stackNamespace}.svc.cluster.local`;
export const addressOf = (name: string): string => `${name}@${domain}`;

/** The answers to a password that opens nothing: Stalwart's response to one that was revoked has no tag. */
export const refusedPassword = /AUTHENTICATIONFAILED|[Aa]uthentication|no response to the login/;

/** The answer to a login; a server that reloads its settings ends sessions that wait for theirs, which are tried again. */
export async function answerTo(login: () => Promise<unknown>): Promise<string> {
  for (let tries = 3; ; tries -= 1) {
    const answer = String(await login());
    if (tries === 0 || !answer.includes("Shutting down")) return answer;
  }
}

/** What a user's mail program does, from a pod: with a token, under the certificate of the public name. */
const CLIENT = `
import imaplib, json, re, smtplib, socket, ssl, sys
order = json.load(sys.stdin)
context = ssl.create_default_context(cadata=order["ca"])
class Named(ssl.SSLContext): pass
def wrap(sock, **_):
    return context.wrap_socket(sock, server_hostname=order["name"])
bearer = lambda *_: f"user={order['user']}\\x01auth=Bearer {order['token']}\\x01\\x01"
class Imap(imaplib.IMAP4_SSL):
    def _create_socket(self, timeout):
        return wrap(socket.create_connection((self.host, self.port), 20))
class Smtps(smtplib.SMTP_SSL):
    def _get_socket(self, host, port, timeout):
        return wrap(socket.create_connection((host, port), 20))
def inbox():
    imap = Imap(order["host"], 993)
    if "password" in order:
        try:
            imap.login(order["user"], order["password"])
        except TimeoutError:
            # The response to an app password that was revoked has no tag: the client waits.
            raise imaplib.IMAP4.error(f"no response to the login {imap.untagged_responses}")
    else:
        imap.authenticate("XOAUTH2", lambda _: bearer().encode())
    imap.select(order.get("folder", "INBOX"), readonly=True)
    _, found = imap.search(None, "ALL")
    numbers = found[0].split()
    subjects = []
    if numbers:
        _, data = imap.fetch(b"1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        subjects = [part[1].decode().partition(":")[2].strip() for part in data if isinstance(part, tuple)]
    imap.logout()
    return subjects
def send():
    smtp = Smtps(order["host"], 465) if order["port"] == 465 else smtplib.SMTP(order["host"], 587, timeout=20)
    smtp.ehlo("probe.test")
    if order["port"] == 587:
        smtp.docmd("STARTTLS")
        smtp.sock = wrap(smtp.sock)
        smtp.file = None
        smtp.ehlo("probe.test")
    code, answer = smtp.auth("XOAUTH2", bearer)
    smtp.sendmail(order["from"], [order["to"]], order["message"])
    smtp.quit()
    return "sent"
def plain():
    smtp = smtplib.SMTP(order["host"], order["port"], timeout=20)
    smtp.ehlo("app.test")
    smtp.sendmail(order["from"], [order["to"]], order["message"])
    smtp.quit()
    return "sent"
def put():
    imap = imaplib.IMAP4_SSL(order["host"], 993, ssl_context=context, timeout=60)
    imap.login(order["user"], order["password"])
    for message in order["messages"]:
        kind, said = imap.append("INBOX", None, None, message.encode("latin1"))
        if kind != "OK":
            raise imaplib.IMAP4.error(said)
    imap.logout()
    return len(order["messages"])
def undelivered():
    imap = imaplib.IMAP4_SSL(order["host"], 993, ssl_context=context, timeout=60)
    imap.login(order["user"], order["password"])
    left = 0
    for folder in ("INBOX", "Fetcher-Outbox", "Fetcher-Refused"):
        kind, data = imap.status(folder, "(MESSAGES)")
        left += int(re.search(rb"MESSAGES (\\d+)", data[0]).group(1)) if kind == "OK" else 0
    imap.logout()
    return left
def certificate():
    with wrap(socket.create_connection((order["host"], 993), 20)) as sock:
        return sock.getpeercert()["serialNumber"]
try:
    print(json.dumps({"result": {"inbox": inbox, "send": send, "plain": plain, "put": put, "undelivered": undelivered, "certificate": certificate}[order["do"]]()}))
except smtplib.SMTPResponseException as problem:
    print(json.dumps({"refused": f"{problem.smtp_code} {problem.smtp_error.decode()}"}))
except smtplib.SMTPRecipientsRefused as problem:
    code, text = list(problem.recipients.values())[0]
    print(json.dumps({"refused": f"{code} {text.decode()}"}))
except imaplib.IMAP4.error as problem:
    print(json.dumps({"refused": str(problem)}))
`;

interface Answer {
  readonly result?: unknown;
  readonly refused?: string;
}

/** A user's programs, in a pod that is neither the stack's nor anybody's. */
export class MailProgram {
  constructor(
    private readonly live: LiveSandbox,
    private readonly probe: Probe,
    readonly host = server,
  ) {}

  private ask(order: object): Promise<Answer> {
    const ca = fs.readFileSync(this.live.ca.cert, "utf8");
    return python<Answer>(this.live.kubectl, this.probe, CLIENT, { ca, name: hosts.mail, host: this.host, ...order });
  }

  /** Subjects of all messages in a folder. */
  async subjects(mailbox: string, token: string, folder = "INBOX"): Promise<string[]> {
    const { result, refused } = await this.ask({ do: "inbox", user: addressOf(mailbox), token, folder });
    if (refused) throw new Error(refused);
    return result as string[];
  }

  /** What the server says to a token. */
  async refusal(mailbox: string, token: string): Promise<string> {
    return (await this.ask({ do: "inbox", user: addressOf(mailbox), token })).refused ?? "";
  }

  /** What an app password opens: subjects of the inbox, or the server's refusal. */
  async opens(mailbox: string, password: string): Promise<string | string[]> {
    const { result, refused } = await this.ask({ do: "inbox", user: addressOf(mailbox), password });
    return refused ?? (result as string[]);
  }

  /** Sends with a token; "sent", or the server's refusal. */
  async send(mail: {
    token: string;
    user: string;
    from: string;
    to: string;
    subject: string;
    port: 465 | 587;
  }): Promise<string> {
    const { result, refused } = await this.ask({ do: "send", ...mail, message: text(mail) });
    return refused ?? String(result);
  }

  /** Sends as an app does: no TLS, no login. */
  async relay(mail: { from: string; to: string; subject: string; port?: number; id?: string }): Promise<string> {
    const { result, refused } = await this.ask({ do: "plain", port: 25, ...mail, message: text(mail) });
    return refused ?? String(result);
  }

  /** Puts mail into a mailbox at the provider. */
  async putAtProvider(mailbox: string, subjects: readonly string[]): Promise<void> {
    const user = addressOf(mailbox);
    const messages = subjects.map((subject) => text({ from: "somebody@elsewhere.test", to: user, subject }));
    await this.askProvider(mailbox, { do: "put", messages });
  }

  /** How many messages lie in a mailbox at the provider that the fetcher has not delivered: in the inbox or in its outbox. */
  async undelivered(mailbox: string): Promise<number> {
    return Number(await this.askProvider(mailbox, { do: "undelivered" }));
  }

  private async askProvider(mailbox: string, order: object): Promise<unknown> {
    const { host, passwords } = this.live.environment.provider;
    const { result, refused } = await this.ask({
      ...order,
      host,
      user: addressOf(mailbox),
      password: passwords[mailbox],
    });
    if (refused) throw new Error(refused);
    return result;
  }

  /** Serial number of the certificate on 993. */
  async certificate(): Promise<string> {
    return String((await this.ask({ do: "certificate" })).result);
  }
}

/** One of its kind, whatever else says the same, unless it is given an id. */
const text = (mail: Required<Pick<Mail, "from" | "to" | "subject">> & Pick<Mail, "id">): string => {
  const { from, to, subject, id = `${randomUUID()}@probe.test` } = mail;
  return message({ from, to, subject, id }).toString("latin1");
};
