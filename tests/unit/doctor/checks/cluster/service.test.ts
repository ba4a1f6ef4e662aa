import { createServer } from "node:net";
import { addressesOf, collectCluster, usageOf } from "../../../../../doctor/checks/cluster/collect";
import { evaluateCluster } from "../../../../../doctor/checks/cluster/evaluate";
import { FakeCluster } from "../../support/fakeCluster";
import { deployment, pod } from "./objects";

test("the addresses of the Service are those that a load balancer gave it, or else its external ones", () => {
  const ingress = [{ ip: "192.0.2.7" }, { hostname: "lb.example.net" }, {}];
  const service = (type: string, given: readonly object[]) => ({
    spec: { type, externalIPs: ["192.0.2.9"] },
    status: { loadBalancer: { ingress: given } },
  });
  expect(addressesOf(service("LoadBalancer", ingress))).toEqual(["192.0.2.7", "lb.example.net"]);
  expect(addressesOf(service("ClusterIP", []))).toEqual(["192.0.2.9"]);
  expect(addressesOf({ spec: { type: "NodePort" } })).toEqual([]);
  expect(addressesOf(undefined)).toEqual([]);
});

test("the ports for mail programs are tried at every address of the Service, and one address that answers is enough", async () => {
  const server = createServer((socket) => socket.destroy());
  // ManageSieve's port is the only one that programs without privileges may open.
  await new Promise<void>((resolve) => server.listen(4190, "127.0.0.71", resolve));
  const cluster = new FakeCluster({
    "/api/v1/namespaces/stalwart-mail/services/stalwart-mail": {
      spec: { type: "NodePort", externalIPs: ["127.0.0.70", "127.0.0.71"] },
    },
  });
  const args = { namespace: "stalwart-mail", sendsTo: "smtp.migadu.com", limit: 60_000 };
  const { service, sendsTo } = await collectCluster({
    ...args,
    cluster,
    policies: async () => ({ skipped: true }),
    inside: Promise.resolve({ reason: "there is no pod" }),
  });
  server.close();
  expect(sendsTo).toBe("smtp.migadu.com");
  expect(service).toEqual({
    type: "NodePort",
    addresses: ["127.0.0.70", "127.0.0.71"],
    closed: [993, 465, 587],
  });
});

test("the usage of a volume is that of the claim in this namespace", () => {
  const volume = (namespace: string, usedBytes: number) => ({
    pvcRef: { name: "stalwart-data", namespace },
    usedBytes,
    capacityBytes: 100,
  });
  const usage = usageOf(
    [undefined, { pods: [{ volume: [volume("other", 1), volume("stalwart-mail", 90)] }] }],
    "stalwart-mail",
  );
  expect(usage("stalwart-data")).toEqual({ used: 90, capacity: 100 });
  expect(usage("roundcube-data")).toEqual({});
});

test("a whole cluster is collected, with the objects that it lacks", async () => {
  const space = "stalwart-mail";
  const cluster = new FakeCluster({
    [`/apis/apps/v1/namespaces/${space}/deployments`]: { items: [deployment("stalwart"), deployment("roundcube")] },
    [`/api/v1/namespaces/${space}/pods`]: {
      items: [
        {
          ...pod("stalwart", { phase: "Running", containerStatuses: [{ ready: true, restartCount: 0 }] }),
          spec: { nodeName: "node-1", volumes: [{ persistentVolumeClaim: { claimName: "stalwart-data" } }] },
        },
      ],
    },
    [`/apis/batch/v1/namespaces/${space}/cronjobs`]: {
      items: [
        { metadata: { name: "stalwart-settings", creationTimestamp: "2026-03-01T09:00:00Z" }, status: {} },
        {
          // Suspended on purpose, and told of by --migration.
          metadata: {
            name: "migration-old",
            labels: { "app.kubernetes.io/name": "migration" },
            creationTimestamp: "2026-03-01T09:00:00Z",
          },
          spec: { suspend: true },
          status: {},
        },
      ],
    },
    [`/apis/batch/v1/namespaces/${space}/jobs`]: { items: [] },
    [`/api/v1/namespaces/${space}/persistentvolumeclaims`]: {
      items: [{ metadata: { name: "stalwart-data" }, status: { phase: "Bound" } }],
    },
    [`/api/v1/namespaces/${space}/services/stalwart-mail`]: { spec: { type: "LoadBalancer" }, status: {} },
    "/api/v1/nodes/node-1/proxy/stats/summary": {
      pods: [{ volume: [{ pvcRef: { name: "stalwart-data", namespace: space }, usedBytes: 85, capacityBytes: 100 }] }],
    },
  });
  const results = evaluateCluster(
    await collectCluster({
      cluster,
      namespace: space,
      sendsTo: "smtp.migadu.com",
      limit: 60_000,
      policies: () => Promise.reject(new Error("pods may not be made")),
      inside: Promise.resolve({ addresses: { "smtp.migadu.com": [] } }),
    }),
  );
  expect(results.filter(({ level }) => level !== "ok").map(({ check, code }) => `${check}.${code}`)).toEqual([
    "pods.webmail",
    "settings.failing",
    "volumes.filling",
    "policies.inconclusive",
    "service.none",
    "names.missing",
  ]);
});
