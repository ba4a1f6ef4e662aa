import type { SizeLimits } from "../../config/limits";

/**
 * PHP's `memory_limit`: a message is held in memory several times over while it is sent; Roundcube spools to disk when it
 * reckons that this is not enough (rcmail_sendmail::create_message).
 */
const MEMORY = "256M";

/**
 * PHP settings, loaded after the image's own (which allow uploads of 5M). Sizes agree, smallest first, so that Roundcube is
 * the one to refuse, with a message that users understand: attachment, its HTTP request, the ingress in front.
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
