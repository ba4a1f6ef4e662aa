import type { Input } from "@pulumi/pulumi";
import type { HardenedContainerArgs } from "../shared/pod";

export interface HeartbeatArgs {
  /** An image with `sh` and `curl`. */
  readonly image: string;
  readonly resources: HardenedContainerArgs["resources"];
  /** Name of the Secret whose key `url` is the address. */
  readonly secretName: Input<string>;
}

/**
 * A GET of the address as it is: healthchecks.io takes that for a success, and Uptime Kuma's push monitor for `status=up`
 * unless the address says otherwise.
 *
 * Whoever knows the address can ring in the stack's name. So it comes to curl through its standard input, for a command line
 * is there for all to see; and curl's own words are not shown, for they may repeat it. A heartbeat that was not heard is for its
 * server to tell of, and no failure of the settings.
 */
const script = `
printf 'url = "%s"\n' "$HEARTBEAT" |
  curl -fsg -o /dev/null --connect-timeout 5 --max-time 10 --retry 2 --retry-connrefused --config - 2>/dev/null
why=$?
if [ "$why" = 0 ]; then echo "the heartbeat was heard"; else echo "the heartbeat was not heard: curl's status $why"; fi
`;

/** The container that runs once all before it went well. */
export const ringing = ({ image, resources, secretName }: HeartbeatArgs): HardenedContainerArgs => ({
  name: "heartbeat",
  image,
  resources,
  env: [{ name: "HEARTBEAT", valueFrom: { secretKeyRef: { name: secretName, key: "url" } } }],
  command: ["sh", "-c"],
  args: [script],
});
