import type { Input } from "@pulumi/pulumi";
import type { HardenedContainerArgs } from "../shared/pod";

export interface HeartbeatArgs {
  /** An image with `sh` and `curl`. */
  readonly image: string;
  readonly resources: HardenedContainerArgs["resources"];
  /** Name of the Secret whose key `url` has the URL. */
  readonly secretName: Input<string>;
}

/**
 * Sends a GET request to the URL as it is: healthchecks.io counts that as a success, and Uptime Kuma's push monitor as
 * `status=up` unless the URL says otherwise.
 *
 * Anyone who knows the URL can send pings in the stack's name. So curl reads it from its standard input, because command lines
 * are visible to every process, and curl's own messages are hidden, because they may contain it. A failed ping does not fail
 * the settings run: the monitoring service reports the missing ping.
 */
const script = `
printf 'url = "%s"\n' "$HEARTBEAT" |
  curl -fsg -o /dev/null --connect-timeout 5 --max-time 10 --retry 2 --retry-connrefused --config - 2>/dev/null
code=$?
if [ "$code" = 0 ]; then echo "heartbeat sent"; else echo "heartbeat failed: curl exit code $code"; fi
`;

/** Runs after all init containers succeeded. */
export const heartbeatContainer = ({ image, resources, secretName }: HeartbeatArgs): HardenedContainerArgs => ({
  name: "heartbeat",
  image,
  resources,
  env: [{ name: "HEARTBEAT", valueFrom: { secretKeyRef: { name: secretName, key: "url" } } }],
  command: ["sh", "-c"],
  args: [script],
});
