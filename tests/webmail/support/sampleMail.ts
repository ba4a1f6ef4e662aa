import { type Mail, message } from "../../support/message";

interface SampleMail extends Pick<Mail, "from"> {
  /** @default plain text */
  readonly type?: string;
  /** Its lines may end as they do here. */
  readonly body?: string;
}

/** A message as a mail program writes it. */
export function sampleMail(subject: string, options: SampleMail = {}): Buffer {
  const { from = "Somebody <somebody@example.org>", type = "text/plain; charset=utf-8", body = "Hello.\n" } = options;
  const header = [`Date: ${new Date().toUTCString()}`, "MIME-Version: 1.0", `Content-Type: ${type}`].join("\r\n");
  return message({ subject, from, to: "users@newjoy.ro", header, body: body.replaceAll("\n", "\r\n") });
}

/** A message with a file. */
export function mailWithFile(subject: string, file: string, content: Buffer): Buffer {
  const lines = content.toString("base64").match(/.{1,76}/g) ?? [];
  return sampleMail(subject, {
    type: "multipart/mixed; boundary=b",
    body:
      `--b\nContent-Type: text/plain\n\nHere.\n--b\n` +
      `Content-Type: application/octet-stream; name=${file}\nContent-Disposition: attachment; filename=${file}\n` +
      `Content-Transfer-Encoding: base64\n\n${lines.join("\n")}\n--b--\n`,
  });
}
