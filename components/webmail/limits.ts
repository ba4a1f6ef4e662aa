import type { SizeLimits } from "../../config/limits";

/**
 * PHP's `memory_limit`: a message is in memory several times while it is sent. Roundcube uses the disk if it estimates that
 * the limit is too low (rcmail_sendmail::create_message).
 */
const MEMORY = "256M";

/**
 * PHP settings, loaded after the image's own (which allow uploads of 5M). Limits increase in the order attachment, HTTP request,
 * ingress, so that Roundcube itself refuses an attachment that is too large, with a message that users understand.
 */
export function phpIni({ attachments, webmailRequest }: SizeLimits): string {
  return [
    `memory_limit = ${MEMORY}`,
    `upload_max_filesize = ${attachments}M`,
    `post_max_size = ${webmailRequest}M`,
    "expose_php = Off",
    "",
  ].join("\n");
}
