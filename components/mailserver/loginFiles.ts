import type { HardenedContainerArgs } from "../shared/pod";
import { paths } from "./paths";

export interface LoginFilesArgs {
  /** An image with `sh`, `curl` and `base64`: the mail server's. */
  readonly image: string;
  readonly resources: HardenedContainerArgs["resources"];
  /** STALWART_URL, STALWART_USER and STALWART_PASSWORD. */
  readonly env: NonNullable<HardenedContainerArgs["env"]>;
}

/** Seconds. A kubelet updates a mounted Secret in running pods within its sync period, a little over a minute. */
const LIMIT = 150;

/** A reload, over JMAP (crates/jmap/src/registry/mapping/action.rs). */
const RELOAD = JSON.stringify({
  using: ["urn:ietf:params:jmap:core", "urn:stalwart:jmap"],
  methodCalls: [["x:Action/set", { create: { reload: { "@type": "ReloadSettings" } } }, "0"]],
});

/**
 * The server's response names the file that it could not read ("Failed to read secret from file '…'",
 * crates/registry/src/utils/secret.rs). The command line tool handles every other response, and a missing one. The request has
 * no X-Forwarded-For, because the settings refuse passwords at this interface in requests that came through a proxy.
 *
 * curl reads the password from its standard input, because command lines are visible to every process.
 */
const script = `
limit=$(($(date +%s) + ${LIMIT}))
login=$(printf '%s:%s' "$STALWART_USER" "$STALWART_PASSWORD" | base64 | tr -d '\\n')
while :; do
  answer=$(printf 'header = "Authorization: Basic %s"\\n' "$login" |
    curl -s --config - --connect-timeout 5 --max-time 30 -H 'Content-Type: application/json' \\
      --data '${RELOAD}' "$STALWART_URL/jmap" 2>/dev/null)
  case "$answer" in
    *${paths.logins}/*) ;;
    *) echo "the mail server does not miss a login"; exit 0 ;;
  esac
  if [ "$(date +%s)" -ge "$limit" ]; then echo "a login has not reached the mail server within ${LIMIT} s"; exit 0; fi
  echo "a new login is on its way to the mail server"
  sleep 3
done
`;

/**
 * Waits until the mail server can read every mailbox's login. A new login is a new file in the running
 * server's pod, which the kubelet adds with a delay, and a reload fails as a whole while a file that the settings name is missing.
 */
export const waitForLoginFiles = ({ image, resources, env }: LoginFilesArgs): HardenedContainerArgs => ({
  name: "logins",
  image,
  resources,
  env,
  command: ["sh", "-c"],
  args: [script],
});
