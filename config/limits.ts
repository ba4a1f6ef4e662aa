/**
 * All limits for the size of a message: those of the mail server, of attachments in the webmail, and of requests through the
 * ingress follow from the largest message that the provider sends.
 */
export interface SizeLimits {
  /** Bytes. The largest message that the mail server accepts from a fetcher, an app or a mail program. */
  readonly received: number;
  /** MiB. The largest message that is sent. */
  readonly message: number;
  /** MiB. The largest total of attachments in it. */
  readonly attachments: number;
  /** MiB. The HTTP request that uploads them to the webmail: the file and form fields. */
  readonly webmailRequest: number;
  /** MiB. The largest request that the ingress passes to the webmail. */
  readonly webmailBody: number;
  /** Bytes. The largest upload of a JMAP client. */
  readonly upload: number;
  /** MiB. The largest request that the ingress passes to the mail server. */
  readonly mailBody: number;
}

const MIB = 2 ** 20;

/** MiB. More than hosted providers accept (Microsoft 365, the largest, 150 MB), so that mail they accepted is not refused here. */
const RECEIVED = 160;

/** MIME's base64 encodes three bytes as four characters; Roundcube itself uses 1.33. */
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
