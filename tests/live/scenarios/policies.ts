import { readFileSync } from "node:fs";
import { isPortOpen } from "../../../lib/isPortOpen";
import { environmentNamespace, hosts, stackNamespace } from "../../rig/environment/names";
import { eventually, sleep } from "../../support/wait";
import { serialNumber } from "../support/certificate";
import type { LiveFixture } from "../support/fixture";
import { connects, nameserver, type Probe } from "../support/probe";
import { testUnless } from "../support/skipped";
import { endpoints, open, type Source, withKubeRouter } from "../support/table";

const named = (name: string): Record<string, string> => ({
  "app.kubernetes.io/name": name,
  "app.kubernetes.io/instance": name === "fetchmail" ? "probe" : name,
});
const labels: Partial<Record<Source, Record<string, string>>> = {
  stalwart: named("stalwart"),
  fetchmail: named("fetchmail"),
  roundcube: named("roundcube"),
  settings: named("stalwart-settings"),
  stranger: {},
};

/** Every pair of docs/reference/network.md, tried from pods. */
export function policyScenarios(fixture: LiveFixture): void {
  describe("the network policies", () => {
    const sources = {} as Record<Source, Probe>;
    let targets: readonly (readonly [name: string, host: string, port: number])[];

    beforeAll(async () => {
      const found = await fixture.live.client.list("v1", "Pod", stackNamespace);
      const podOf = (instance: string): string =>
        found.find(({ metadata }) => metadata.labels?.["app.kubernetes.io/instance"] === instance)?.status.podIP;
      const where: Record<keyof typeof endpoints, string> = {
        stalwart: podOf("stalwart"),
        webmail: podOf("roundcube"),
        fetcher: podOf("fetchmail-kinga"),
        provider: fixture.live.environment.provider.host,
        issuer: new URL(fixture.live.issuer.url).hostname,
        DNS: nameserver,
      };
      targets = Object.entries(endpoints).flatMap(([name, ports]) =>
        ports.map((port: number) => [name, where[name as keyof typeof endpoints], port] as const),
      );
      for (const [name, own] of Object.entries(labels)) {
        sources[name as Source] = await fixture.probe({ namespace: stackNamespace, name: `probe-${name}` }, own);
      }
      sources["another namespace"] = fixture.app;
      sources["the ingress' namespace"] = await fixture.probe({ namespace: environmentNamespace, name: "probe" });
      await sleep(3_000); // until their addresses are in the rules
    });

    afterAll(async () => {
      for (const { namespace, name } of Object.values(sources)) {
        if (namespace === stackNamespace) await fixture.kill(namespace, name);
      }
    });

    test.each(Object.keys(open) as Source[])(
      "the network policies let %s reach what it needs, and nothing else",
      async (source) => {
        const found = await connects(
          fixture.live.kubectl,
          sources[source],
          targets.map(([, host, port]) => [host, port]),
        );
        const reached = targets.filter((_, n) => found[n]).map(([name, , port]) => `${name} ${port}`);
        const more = withKubeRouter[source] ?? [];
        const expected = [...open[source], ...(fixture.node ? more : reached.filter((port) => more.includes(port)))];
        expect(reached.sort()).toEqual([...new Set(expected)].sort());
      },
    );

    test("the network policies keep port 25 for the namespaces that cluster.relayNamespaces names, once there are some", async () => {
      const mail = targets[0]?.[1] as string;
      const reach = async (source: Source): Promise<boolean | undefined> =>
        (await connects(fixture.live.kubectl, sources[source], [[mail, 25]]))[0];
      await fixture.set("cluster.relayNamespaces[0]", fixture.app.namespace);
      await fixture.up();
      await eventually("others are kept out", async () => !(await reach("the ingress' namespace")));
      expect(await reach("another namespace")).toBe(true);
      await fixture.live.stack.removeConfig("cluster.relayNamespaces", true);
      await fixture.up();
      await eventually("it is open again", () => reach("the ingress' namespace"));
    });

    testUnless(
      fixture.options.kubeconfig !== undefined && "the user's cluster gets no address from its network for this",
      "let users in from outside, by the Service's own address",
      async () => {
        const service = {
          apiVersion: "v1",
          kind: "Service",
          metadata: { name: "stalwart-mail", namespace: stackNamespace },
        };
        const address = (await fixture.live.client.read(service))?.status.loadBalancer.ingress[0].ip as string;
        const ca = readFileSync(fixture.live.ca.cert, "utf8");
        const open: number[] = [];
        for (const port of endpoints.stalwart) if (await isPortOpen(address, port)) open.push(port);
        expect(open).toEqual([465, 587, 993, 4190]);
        expect(await serialNumber(address, 993, hosts.mail, ca)).toBe(await fixture.programs.certificate());
      },
    );
  });
}
