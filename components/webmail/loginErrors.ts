import { escapeHtml } from "../shared/html";
import { php } from "./php";

export interface LoginErrorSettings {
  /** Domains of the addresses. */
  readonly domains: readonly string[];
  readonly identity: { readonly name: string };
}

/** Messages for users who signed in at the provider and cannot open a mailbox. `%s` is their address. */
const texts = ({ identity }: LoginErrorSettings) => ({
  noMailbox: `There is no mailbox for %s. Ask who runs this mail, or sign out at ${identity.name} and come back as somebody else.`,
  unchecked: "The mail server could not check your sign-in. Your mail is safe. Try again in a few minutes.",
  unreachable: "The mail server does not answer. Your mail is safe. Try again in a few minutes.",
});

const inOtherDomain = ({ domains }: LoginErrorSettings): string =>
  domains
    .map((domain) => `!str_ends_with(strtolower($login['user']), ${php(`@${domain.toLowerCase()}`)})`)
    .join(" && ");

/**
 * PHP that shows the reason instead of Roundcube's "Login failed." and "Connection to storage server failed.".
 *
 * Hooks are for plugins, and a plugin is a folder in the image; but the object that holds them is there before the
 * configuration is read (`rcube_plugin_api::get_instance`, the one that `rcube::init` takes).
 *
 * Roundcube's code is -2 when the server cannot be reached (`rcmail::ERROR_STORAGE`) and null when it answered NO. There
 * are no addresses but the domains'. For those, Stalwart says "Authentication failed" when it judged the sign-in and
 * "Authentication error" when it could not, for example because the issuer is unreachable; Dovecot's second is "Temporary
 * authentication failure".
 */
export function loginErrorsPhp(settings: LoginErrorSettings): string {
  const { noMailbox, unchecked, unreachable } = texts(settings);
  const text = (message: string): string => php(escapeHtml(message));
  return [
    "rcube_plugin_api::get_instance()->register_hook('login_failed', function ($login) {",
    "    $rcmail = rcmail::get_instance();",
    "    if ($login['code'] === rcmail::ERROR_STORAGE) {",
    `        $reason = ${text(unreachable)};`,
    "    } elseif (empty($login['user']) || !empty($login['code'])) {",
    "        return; // Roundcube's own word says it",
    `    } elseif (${inOtherDomain(settings)}`,
    "        || stripos((string) $rcmail->get_storage()->get_error_str(), '] Authentication failed') !== false) {",
    `        $reason = str_replace('%s', rcube::Q($login['user']), ${text(noMailbox)});`,
    "    } else {",
    `        $reason = ${text(unchecked)};`,
    "    }",
    "    $rcmail->output->show_message($reason, 'error', null, true, -1); // the last one is shown, until the next page",
    "});",
  ].join("\n");
}
