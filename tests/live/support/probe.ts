import { defaultImages } from "../../../config/images";
import { type KubeObject, runKubectl, type TimedKubectl } from "../../../lib/kubectl";
import type { KubeClient } from "../../rig/cluster/kube";

import { sleep } from "../../support/wait";

/** A pod with Python in it, from which connections are tried. */
export interface Probe {
  readonly namespace: string;
  readonly name: string;
}

const FIELD_MANAGER = "?fieldManager=homelab-mail-live&force=true";

/** Starts one; labels decide which policies it meets. Passes the Pod Security Standard "restricted". */
export async function startProbe(
  client: KubeClient,
  probe: Probe,
  { labels = {}, image = defaultImages.fetchmail }: { labels?: Record<string, string>; image?: string } = {},
): Promise<Probe> {
  const { namespace, name } = probe;
  const space = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
  if (!(await client.read(space))) await client.apply(space, FIELD_MANAGER);
  const pod: KubeObject = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      readinessGates: [{ conditionType: "homelab-mail/probe" }], // never ready: no Service leads to it, whatever its labels
      securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "probe",
          image,
          command: ["python3", "-c", "import time; time.sleep(100000)"],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      ],
    },
  };
  await client.apply(pod, FIELD_MANAGER);
  for (;;) {
    const { status } = (await client.read(pod)) ?? {};
    if (status?.phase === "Running") break;
    await sleep(200);
  }
  return probe;
}

/** Milliseconds that a script in a pod may take. */
const SCRIPT_LIMIT = 600_000;

/** Runs Python in a pod with this as its standard input; gives what it printed as JSON. Fails with what it said. */
export async function python<T>(
  kubectl: TimedKubectl,
  { namespace, name }: Probe,
  script: string,
  input: unknown,
): Promise<T> {
  const words = ["exec", "-n", namespace, "-i", name, "--", "python3", "-c", script];
  const run = runKubectl({ ...kubectl, limit: SCRIPT_LIMIT }, words, JSON.stringify(input));
  const text = await run.catch((problem: Error) => {
    throw new Error(`in ${namespace}/${name}: ${problem.message}`);
  });
  return JSON.parse(text) as T;
}

const CONNECT = `
import concurrent.futures, json, socket, sys
def connect(target):
    host, port = target
    try:
        with socket.create_connection((host, port), timeout=4):
            return True
    except OSError:
        return False
targets = json.load(sys.stdin)
with open("/etc/resolv.conf") as file:
    dns = next(line.split()[1] for line in file if line.startswith("nameserver"))
targets = [(dns if host == "the nameserver" else host, port) for host, port in targets]
with concurrent.futures.ThreadPoolExecutor(32) as pool:
    print(json.dumps(list(pool.map(connect, targets))))
`;

/** Stands for the address at which that pod asks for names. */
export const nameserver = "the nameserver";

/** Which of these addresses and ports take a connection from that pod. */
export const connects = (
  kubectl: TimedKubectl,
  from: Probe,
  targets: readonly (readonly [string, number])[],
): Promise<boolean[]> => python(kubectl, from, CONNECT, targets);
