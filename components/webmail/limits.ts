/** The largest total of attachments in one message, in MiB. Every limit on the way follows from it. */
const attachments = 30;

/** MIME's base64 makes four characters of three bytes; Roundcube itself counts with 1.33. */
const message = Math.ceil((attachments * 4) / 3);

/**
 * Sizes that must agree, smallest first, so that Roundcube is the one to refuse, with a message that people understand:
 * attachment, its HTTP request, the ingress in front. The mail server takes 100 MiB.
 */
export const limits = {
  /** Roundcube's `max_message_size`. */
  message: `${message}M`,
  /** PHP's `upload_max_filesize`. */
  upload: `${attachments}M`,
  /** PHP's `post_max_size`: form fields come on top of the file. */
  request: `${attachments + 2}M`,
  /** What the door must let through, as nginx writes sizes. */
  ingress: `${attachments + 4}m`,
  /**
   * PHP's `memory_limit`: a message is held in memory several times over while it is sent; Roundcube spools to disk
   * when it reckons that this is not enough (rcmail_sendmail::create_message).
   */
  memory: "256M",
} as const;

/** PHP settings, loaded after the image's own (which allow uploads of 5M). */
export function phpIni(): string {
  return [
    `memory_limit = ${limits.memory}`,
    `upload_max_filesize = ${limits.upload}`,
    `post_max_size = ${limits.request}`,
    "expose_php = Off",
    "",
  ].join("\n");
}
