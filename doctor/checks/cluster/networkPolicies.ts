import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { hardenedPod } from "../../../components/shared/pod";
import type { ClusterApi, KubeObject } from "../../clients/kubectl";
import type { PoliciesObservation } from "./collect";

const PORT = 8081;
/** Seconds after which a pod ends by itself, should nobody be left to remove it. */
const LIFETIME = 60;

/** Takes connections until it is removed. */
const listening = `
import socket
server = socket.create_server(("", ${PORT}))
while True:
    server.accept()[0].close()
`;

/**
 * Knocks for four seconds and tells of the last knock: some controllers close a new pod's way only after a moment, others
 * open it only then.
 */
const knocking = `
import socket, sys, time
end, told = time.monotonic() + 4, ""
while time.monotonic() < end:
    try:
        socket.create_connection((sys.argv[1], ${PORT}), timeout=1).close()
        told = "open"
    except OSError:
        told = "closed"
    time.sleep(0.2)
with open("/dev/termination-log", "w") as file:
    file.write(told)
`;

const resources = { requests: { cpu: "5m", memory: "16Mi" }, limits: { cpu: "200m", memory: "64Mi" } };

/** A pod that no policy opens anything for: it has none of the stack's labels. Passes the standard "restricted". */
export function probePod(name: string, namespace: string, image: string, script: string, args: string[]): KubeObject {
  const listens = script === listening;
  const spec = hardenedPod({
    user: 65534,
    group: 65534,
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: "probe",
        image,
        resources,
        command: ["python3", "-c", script, ...args],
        ...(listens && {
          ports: [{ name: "probe", containerPort: PORT }],
          readinessProbe: { tcpSocket: { port: PORT }, periodSeconds: 1 },
        }),
      },
    ],
  });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { "app.kubernetes.io/name": "homelab-mail-doctor" } },
    spec: { ...spec, activeDeadlineSeconds: LIFETIME },
  };
}

export interface PolicyArgs {
  readonly cluster: ClusterApi;
  readonly namespace: string;
  /** An image with Python that the nodes have already: the fetchers'. */
  readonly image: string;
  readonly limit: number;
  /** Ends the trial early; what was made is removed all the same. */
  readonly signal: AbortSignal;
}

/**
 * One pod listens, and the kubelet's probe shows that it can be reached; another one knocks. The stack closes both, so a
 * knock that is answered means that nobody enforces the policies.
 */
export async function tryPolicies({
  cluster,
  namespace,
  image,
  limit,
  signal,
}: PolicyArgs): Promise<PoliciesObservation> {
  const mark = randomBytes(4).toString("hex");
  const listener = `doctor-${mark}-listens`;
  const knocker = `doctor-${mark}-knocks`;
  const until = Date.now() + limit;
  const wait = async (name: string, done: (pod: KubeObject) => string | undefined): Promise<string | undefined> => {
    for (; Date.now() < until && !signal.aborted; await sleep(300)) {
      const pod = await cluster.get(`/api/v1/namespaces/${namespace}/pods/${name}`);
      const found = pod && done(pod);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  try {
    await cluster.create(probePod(listener, namespace, image, listening, []));
    const address = await wait(listener, ({ status }) =>
      status?.containerStatuses?.[0]?.ready ? status.podIP : undefined,
    );
    if (signal.aborted) return { reason: "it was interrupted" };
    if (address === undefined) return { reason: `the pod ${listener} did not become ready in time` };
    await cluster.create(probePod(knocker, namespace, image, knocking, [address]));
    const told = await wait(knocker, ({ status }) => {
      const ended = status?.containerStatuses?.[0]?.state?.terminated;
      return ended && (ended.message ?? `it ended with ${ended.reason}`);
    });
    if (told === "open" || told === "closed") return { enforced: told === "closed" };
    return { reason: told ?? `the pod ${knocker} did not end in time` };
  } finally {
    await Promise.allSettled([listener, knocker].map((name) => cluster.remove("pod", name)));
  }
}
