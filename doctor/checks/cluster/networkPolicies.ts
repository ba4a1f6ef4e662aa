import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { hardenedPod } from "../../../components/shared/pod";
import type { ClusterApi, KubeObject } from "../../../lib/kubectl";
import type { PoliciesObservation } from "./collect";

const PORT = 8081;
/** Seconds after which a pod exits, in case it is not removed. */
const LIFETIME = 60;

/** Accepts connections until it is removed. */
const serverProbe = `
import socket
server = socket.create_server(("", ${PORT}))
while True:
    server.accept()[0].close()
`;

/**
 * Connects for four seconds and reports the last attempt: some network plugins apply the policies to a new pod only after a
 * moment, others open its connections only then.
 */
const clientProbe = `
import socket, sys, time
end, result = time.monotonic() + 4, ""
while time.monotonic() < end:
    try:
        socket.create_connection((sys.argv[1], ${PORT}), timeout=1).close()
        result = "open"
    except OSError:
        result = "closed"
    time.sleep(0.2)
with open("/dev/termination-log", "w") as file:
    file.write(result)
`;

const resources = { requests: { cpu: "5m", memory: "16Mi" }, limits: { cpu: "200m", memory: "64Mi" } };

/** A pod to which no policy allows traffic, because it has none of the stack's labels. It meets the Pod Security Standard "restricted". */
export function probePod(name: string, namespace: string, image: string, script: string, args: string[]): KubeObject {
  const isServer = script === serverProbe;
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
        ...(isServer && {
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
  /** An image with Python that the nodes already have: the fetchers'. */
  readonly image: string;
  readonly limit: number;
  /** Ends the test early; the pods are still removed. */
  readonly signal: AbortSignal;
}

/**
 * One pod listens, and the kubelet's probe shows that it can be reached; another one connects to it. The stack's policies isolate
 * both, so a connection that succeeds means that the policies are not enforced.
 */
export async function tryPolicies({
  cluster,
  namespace,
  image,
  limit,
  signal,
}: PolicyArgs): Promise<PoliciesObservation> {
  const mark = randomBytes(4).toString("hex");
  const server = `doctor-${mark}-server`;
  const client = `doctor-${mark}-client`;
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
    await cluster.create(probePod(server, namespace, image, serverProbe, []));
    const address = await wait(server, ({ status }) =>
      status?.containerStatuses?.[0]?.ready ? status.podIP : undefined,
    );
    if (signal.aborted) return { reason: "it was interrupted" };
    if (address === undefined) return { reason: `the pod ${server} did not become ready in time` };
    await cluster.create(probePod(client, namespace, image, clientProbe, [address]));
    const result = await wait(client, ({ status }) => {
      const ended = status?.containerStatuses?.[0]?.state?.terminated;
      return ended && (ended.message ?? `it ended with ${ended.reason}`);
    });
    if (result === "open" || result === "closed") return { enforced: result === "closed" };
    return { reason: result ?? `the pod ${client} did not end in time` };
  } finally {
    await Promise.allSettled([server, client].map((name) => cluster.remove("pod", name)));
  }
}
