/**
 * How large a message may be, in one place: what the mail server takes, what the webmail lets users attach, and what the
 * ingress lets through all follow from the largest message that the provider sends.
 */
export interface SizeLimits {
  /** Bytes. What the mail server takes from a fetcher, an app or a mail program, and keeps. */
  readonly received: number;
  /** MiB. The largest message that is sent. */
  readonly message: number;
  /** MiB. The largest total of attachments in it. */
  readonly attachments: number;
  /** MiB. The HTTP request that brings them to the webmail: form fields come on top of the file. */
  readonly webmailRequest: number;
  /** MiB. What the ingress lets through to the webmail. */
  readonly webmailBody: number;
  /** Bytes. What a JMAP client uploads at once. */
  readonly upload: number;
  /** MiB. What the ingress lets through to the mail server. */
  readonly mailBody: number;
}

const MIB = 2 ** 20;

/** MiB. Above what hosted providers take (Microsoft 365, the largest, 150 MB): what they took must not be refused here. */
const RECEIVED = 160;

/** MIME's base64 makes four characters of three bytes; Roundcube itself counts with 1.33. */
const ENCODED = 4 / 3;

/** MiB: the smallest key makes sense of, and more than any provider sends. */
export const largestMessageRange = { min: 10, max: 500 } as const;

/** All limits, from the largest message that the provider sends, in MiB. */
export function sizeLimits(largestMessage: number): SizeLimits {
  const attachments = Math.floor(largestMessage / ENCODED);
  return {
    received: Math.max(RECEIVED, largestMessage) * MIB,
    message: largestMessage,
    attachments,
    webmailRequest: attachments + 2,
    webmailBody: attachments + 4,
    upload: Math.max(50_000_000, largestMessage * MIB),
    mailBody: largestMessage + 24,
  };
}
