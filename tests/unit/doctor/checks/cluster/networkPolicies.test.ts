import { tryPolicies } from "../../../../../doctor/checks/cluster/networkPolicies";
import type { KubeObject } from "../../../../../lib/kubectl";
import { FakeCluster } from "../../support/fakeCluster";

/** A cluster whose server is ready when it is asked for the second time, and whose client ends like this. */
class PodsCluster extends FakeCluster {
  private asked = 0;
  private readonly terminated: object | undefined;

  constructor(told: string | object | undefined) {
    super({});
    this.terminated = typeof told === "string" ? { message: told } : told;
  }

  override async create(object: KubeObject): Promise<void> {
    if (object.metadata.name.endsWith("client") && this.asked < 2) throw new Error("nothing listens yet");
    await super.create(object);
  }

  override async get(path: string): Promise<KubeObject | undefined> {
    const name = path.split("/").at(-1) as string;
    if (!this.created.some(({ metadata }) => metadata.name === name)) return undefined;
    if (name.endsWith("server")) {
      this.asked += 1;
      return { status: { podIP: "10.42.0.9", containerStatuses: [{ ready: this.asked > 1 }] } };
    }
    const { terminated } = this;
    return { status: { containerStatuses: [{ state: terminated === undefined ? {} : { terminated } }] } };
  }
}

const attempt = (cluster: FakeCluster, more: { limit?: number; signal?: AbortSignal } = {}) =>
  tryPolicies({
    cluster,
    namespace: "stalwart-mail",
    image: "image@sha256:1",
    limit: more.limit ?? 60_000,
    signal: more.signal ?? new AbortController().signal,
  });
const removedAll = ({ created, removed }: FakeCluster): void =>
  expect(removed.sort()).toEqual(expect.arrayContaining(created.map(({ metadata }) => `pod ${metadata.name}`)));

test("a connection that fails proves that network policies are enforced, and both test pods are removed", async () => {
  const cluster = new PodsCluster("closed");
  expect(await attempt(cluster)).toEqual({ enforced: true });
  expect(cluster.created).toHaveLength(2);
  removedAll(cluster);
});

test("the client tries the server's address, and the server is ready only when it accepts connections", async () => {
  const cluster = new PodsCluster("closed");
  await attempt(cluster);
  const [server, client] = cluster.created.map(({ spec }) => spec.containers[0]);
  const port = server.readinessProbe.tcpSocket.port;
  expect(server.command.join()).toContain(`("", ${port})`);
  expect(client.command.join()).toContain(`(sys.argv[1], ${port})`);
  expect(client.command.at(-1)).toBe("10.42.0.9");
  expect(client).not.toHaveProperty("readinessProbe");
});

test("a client that ends without a result proves nothing about network policies", async () => {
  const seen = await attempt(new PodsCluster({ reason: "OOMKilled" }));
  expect(seen).toEqual({ reason: "it ended with OOMKilled" });
});

test("a connection that succeeds proves that network policies are not enforced", async () => {
  expect(await attempt(new PodsCluster("open"))).toEqual({ enforced: false });
});

test("test pods that do not start prove nothing about network policies, and are removed all the same", async () => {
  const cluster = new PodsCluster(undefined);
  expect(await attempt(cluster, { limit: 800 })).toEqual({ reason: expect.stringContaining("did not end in time") });
  removedAll(cluster);
});

test("a server that never starts proves nothing about network policies", async () => {
  const cluster = new PodsCluster("closed");
  expect(await attempt(cluster, { limit: 100 })).toEqual({ reason: expect.stringContaining("did not become ready") });
  expect(cluster.created).toHaveLength(1);
  removedAll(cluster);
});

test("an interrupted test of the network policies leaves no pod behind", async () => {
  const enough = AbortSignal.abort();
  const cluster = new PodsCluster("closed");
  expect(await attempt(cluster, { signal: enough })).toEqual({ reason: "it was interrupted" });
  removedAll(cluster);
});

test("the pods that test network policies pass the standard restricted, have limits, end by themselves, and match none of the stack's policies", async () => {
  const cluster = new PodsCluster("closed");
  await attempt(cluster);
  for (const { spec, metadata } of cluster.created) {
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      activeDeadlineSeconds: expect.any(Number),
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          resources: { requests: expect.anything(), limits: expect.anything() },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
        },
      ],
    });
    expect(Object.keys(metadata.labels)).toEqual(["app.kubernetes.io/name"]);
    expect(["stalwart", "roundcube", "fetchmail", "stalwart-settings"]).not.toContain(
      metadata.labels["app.kubernetes.io/name"],
    );
  }
});
