import { php } from "./php";

export interface RefusalSettings {
  /** Domains of the addresses. */
  readonly domains: readonly string[];
  readonly identity: { readonly name: string };
}

/** What people read who signed in at the provider and still do not get in. `%s` is their address. */
const texts = ({ identity }: RefusalSettings) => ({
  noMailbox: `There is no mailbox for %s. Ask who runs this mail, or sign out at ${identity.name} and come back as somebody else.`,
  unchecked: "The mail server could not check your sign-in. Your mail is safe. Try again in a few minutes.",
  away: "The mail server does not answer. Your mail is safe. Try again in a few minutes.",
});

const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

const elsewhere = ({ domains }: RefusalSettings): string =>
  domains
    .map((domain) => `!str_ends_with(strtolower($login['user']), ${php(`@${domain.toLowerCase()}`)})`)
    .join(" && ");

/**
 * PHP that puts the reason in the place of Roundcube's "Login failed." and "Connection to storage server failed.".
 *
 * Hooks are for plugins, and a plugin is a folder in the image; but the object that holds them is there before the
 * configuration is read (`rcube_plugin_api::get_instance`, the one that `rcube::init` takes).
 *
 * Roundcube's code is -2 when the server cannot be reached (`rcmail::ERROR_STORAGE`) and null when it answered NO. There
 * are no addresses but the domains'. For those, Stalwart says "Authentication failed" when it judged the sign-in and
 * "Authentication error" when it could not, for one because the issuer is away; Dovecot's second is "Temporary
 * authentication failure".
 */
export function refusalPhp(settings: RefusalSettings): string {
  const { noMailbox, unchecked, away } = texts(settings);
  const text = (message: string): string => php(escaped(message));
  return [
    "rcube_plugin_api::get_instance()->register_hook('login_failed', function ($login) {",
    "    $rcmail = rcmail::get_instance();",
    "    if ($login['code'] === rcmail::ERROR_STORAGE) {",
    `        $reason = ${text(away)};`,
    "    } elseif (empty($login['user']) || !empty($login['code'])) {",
    "        return; // Roundcube's own word says it",
    `    } elseif (${elsewhere(settings)}`,
    "        || stripos((string) $rcmail->get_storage()->get_error_str(), '] Authentication failed') !== false) {",
    `        $reason = str_replace('%s', rcube::Q($login['user']), ${text(noMailbox)});`,
    "    } else {",
    `        $reason = ${text(unchecked)};`,
    "    }",
    "    $rcmail->output->show_message($reason, 'error', null, true, -1); // the last one is shown, until the next page",
    "});",
  ].join("\n");
}
