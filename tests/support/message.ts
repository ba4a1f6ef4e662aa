/** What a test says of a message; the rest is made up. */
export interface Mail {
  readonly subject: string;
  readonly from?: string;
  readonly to?: string;
  /** @default made of the subject */
  readonly id?: string;
  /** Fields that servers have put on top. */
  readonly trace?: readonly string[];
  /** More fields of the header, in lines of their own. */
  readonly header?: string;
  readonly body?: string | Buffer;
}

/** A message as it goes over the wire. Each character is a byte, and nothing is corrected: what is odd is intended. */
export function message(mail: Mail): Buffer {
  const { subject, from = "Sender <sender@example.org>", to = "somebody@newjoy.ro", trace = [], header } = mail;
  const { id = `${subject.replaceAll(" ", ".")}@example.org`, body = "Hello.\r\n" } = mail;
  const fields = [
    ...trace,
    `From: ${from}`,
    `To: ${to}`,
    `Subject: ${subject}`,
    `Message-ID: <${id}>`,
    ...(header ? [header] : []),
  ];
  const bytes = typeof body === "string" ? Buffer.from(body, "latin1") : body;
  return Buffer.concat([Buffer.from(`${fields.join("\r\n")}\r\n\r\n`, "latin1"), bytes]);
}

/** The first word of its subject. */
export const subjectOf = (mail: Buffer): string | undefined => /^Subject: (\S+)/m.exec(mail.toString("latin1"))?.[1];
