import type { HardenedContainerArgs } from "./pod";

/**
 * Waits for the network when a pod starts. On k3s and k0s a new pod's connections are refused until the rules of the network
 * policies include its address, some 70 ms after its start (kube-router issues 873 and 1309). After a power cut, DNS is late,
 * too. All containers of a pod share its address, so once an init container gets through, the containers after it do.
 *
 * The image needs `sh` and `curl`; the mail server's has both. Exits with 0 at the limit, too: the next container then fails
 * with its own message, or works without the network.
 */
export interface WaitForUrlArgs {
  readonly name: string;
  readonly image: string;
  readonly resources: HardenedContainerArgs["resources"];
  readonly env: NonNullable<HardenedContainerArgs["env"]>;
  /** The URL as a shell word, for example `"$STALWART_URL"`. */
  readonly url: string;
  /** Seconds. */
  readonly limit: number;
  /** Exit codes of curl that mean "no response yet"; every other one ends the wait. @default all but 0 */
  readonly unanswered?: readonly number[];
}

/** curl could not resolve the name, could not connect, or timed out; every other exit code follows a response. */
export const networkErrors = [6, 7, 28] as const;

const script = ({ url, limit, unanswered }: WaitForUrlArgs): string => `
limit=$(($(date +%s) + ${limit}))
echo "waiting for" ${url}
while :; do
  why=$(curl -fsS -o /dev/null --connect-timeout 2 --max-time 5 -H 'X-Forwarded-For: 127.0.0.1' ${url} 2>&1)
  case $? in
    ${unanswered ? `${unanswered.join(" | ")}) ;;\n    *` : "0"}) echo "it answers"; exit 0 ;;
  esac
  if [ "$(date +%s)" -ge "$limit" ]; then echo "no answer within ${limit} s: $why"; exit 0; fi
  sleep 0.3
done
`;

/** The init container. */
export const waitForUrl = (args: WaitForUrlArgs): HardenedContainerArgs => ({
  name: args.name,
  image: args.image,
  resources: args.resources,
  env: args.env,
  command: ["sh", "-c"],
  args: [script(args)],
});
