import type { HardenedContainerArgs } from "./pod";

/**
 * Waits in a pod's first moments. On k3s and k0s a new pod's connections are refused until the network policies' rules know
 * its address, some 70 ms after it has started (kube-router issues 873 and 1309), and after a power cut DNS is late, too.
 * A pod keeps its address for all of its containers, so once an init container gets through, those after it do.
 *
 * The image needs `sh` and `curl`; the mail server's has both. Always ends with 0 when the time is over: what runs next
 * then fails in its own words, or does without.
 */
export interface WaitingArgs {
  readonly name: string;
  readonly image: string;
  readonly resources: HardenedContainerArgs["resources"];
  readonly env: NonNullable<HardenedContainerArgs["env"]>;
  /** A shell word: the address to ask, for example `"$STALWART_URL"`. */
  readonly url: string;
  /** Seconds. */
  readonly limit: number;
  /** Which of curl's exit codes count as no answer yet; every other one is an answer. @default all but 0 */
  readonly unanswered?: readonly number[];
}

/** curl could not resolve the name, could not connect, or waited in vain; anything else came from the other end. */
export const networkIsClosed = [6, 7, 28] as const;

const script = ({ url, limit, unanswered }: WaitingArgs): string => `
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
export const waiting = (args: WaitingArgs): HardenedContainerArgs => ({
  name: args.name,
  image: args.image,
  resources: args.resources,
  env: args.env,
  command: ["sh", "-c"],
  args: [script(args)],
});
