import { tryPolicies } from "../../../../../doctor/checks/cluster/networkPolicies";
import type { KubeObject } from "../../../../../lib/kubectl";
import { FakeCluster } from "../../support/fakeCluster";

/** A cluster whose pods come up at once; the one that client ends with these words. */
class PodsCluster extends FakeCluster {
  constructor(private readonly told: string | undefined) {
    super({});
  }

  override async get(path: string): Promise<KubeObject | undefined> {
    const name = path.split("/").at(-1) as string;
    if (!this.created.some(({ metadata }) => metadata.name === name)) return undefined;
    if (name.endsWith("server")) return { status: { podIP: "10.42.0.9", containerStatuses: [{ ready: true }] } };
    const message = this.told;
    return { status: { containerStatuses: [{ state: message === undefined ? {} : { terminated: { message } } }] } };
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

test("a connection that succeeds proves that network policies are not enforced", async () => {
  expect(await attempt(new PodsCluster("open"))).toEqual({ enforced: false });
});

test("test pods that do not start prove nothing about network policies, and are removed all the same", async () => {
  const cluster = new PodsCluster(undefined);
  expect(await attempt(cluster, { limit: 400 })).toEqual({ reason: expect.stringContaining("did not end in time") });
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
