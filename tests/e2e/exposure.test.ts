import type { KubeObject } from "../../lib/kubectl";
import { client } from "./support/environment";
import type { Report } from "./support/report";
import { applyGatewayApi, applyTraefikKinds } from "./support/schemas";
import { TestStack } from "./support/stack";

const own: readonly (readonly [string, string])[] = [
  ["traefik.io/v1alpha1", "Middleware"],
  ["gateway.networking.k8s.io/v1", "HTTPRoute"],
  ["gateway.networking.k8s.io/v1beta1", "ReferenceGrant"],
];

let stack: TestStack;

beforeAll(async () => {
  await applyGatewayApi(client);
  await applyTraefikKinds(client);
  const isDefault = { annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } };
  await client.apply(
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "IngressClass",
      metadata: { name: "traefik", ...isDefault },
      spec: { controller: "traefik.io/ingress-controller" },
    },
    "?fieldManager=test&force=true",
  );
  stack = await TestStack.create("exposure");
  await stack.up();
});

const all = async (): Promise<KubeObject[]> => {
  const more = await Promise.all(own.map(([version, kind]) => client.list(version, kind, stack.namespace)));
  return [...(await stack.live()), ...more.flat()];
};

/** What is there, by kind and name, with what changes when the object is made anew, and when it is altered at all. */
async function identities(): Promise<Map<string, { uid: string; version: string }>> {
  return new Map(
    (await all()).map(({ kind, metadata: { name, uid, generation, resourceVersion } }) => [
      `${kind}/${name}`,
      { uid, version: `${generation ?? resourceVersion}` },
    ]),
  );
}

interface Outcome {
  readonly report: Report;
  readonly made: string[];
  readonly gone: string[];
  readonly altered: string[];
  readonly anew: string[];
}

/** An update, and what became of each object. */
async function up(): Promise<Outcome> {
  const before = await identities();
  const report = await stack.up();
  const after = await identities();
  const both = [...before.keys()].filter((key) => after.has(key));
  const sorted = (keys: string[]): string[] => keys.sort();
  return {
    report,
    made: sorted([...after.keys()].filter((key) => !before.has(key))),
    gone: sorted([...before.keys()].filter((key) => !after.has(key))),
    anew: sorted(both.filter((key) => before.get(key)?.uid !== after.get(key)?.uid)),
    altered: sorted(
      both.filter(
        (key) => before.get(key)?.uid === after.get(key)?.uid && before.get(key)?.version !== after.get(key)?.version,
      ),
    ),
  };
}

const policies = ["NetworkPolicy/acme-solver", "NetworkPolicy/roundcube", "NetworkPolicy/stalwart"];
const ingresses = ["Ingress/roundcube", "Ingress/stalwart"];
const plainHttp = ["Ingress/roundcube-http", "Ingress/stalwart-http"];
const middlewares = ["headers", "https"].flatMap((what) => [
  `Middleware/roundcube-${what}`,
  `Middleware/stalwart-${what}`,
]);
const classOf = async (name: string): Promise<string | undefined> =>
  (await stack.object("networking.k8s.io/v1", "Ingress", name))?.spec.ingressClassName;

describe("the ingress of a running stack", () => {
  test("the ingress of a running stack is not touched when an old configuration names no class: the update says what to set", async () => {
    await stack.unset("ingress.className");
    const changed = await stack.changedBy(async () => {
      const { text } = await stack.failingUp();
      expect(text).toContain("ingress.className  is missing");
      expect(text).toContain("$ pulumi config set --path ingress.className nginx");
    });
    expect(changed).toEqual([]);
  });

  test("the ingress of a running stack is the same as before once its class is set", async () => {
    await stack.set("ingress.className", "nginx");
    expect((await stack.up()).steps).toEqual([]);
  });

  test("the ingress of a running stack changes its class in place, with what the new controller needs; nothing else is touched", async () => {
    await stack.set("ingress.className", "traefik");
    const { made, gone, anew, altered } = await up();
    expect(made).toEqual([...plainHttp, ...middlewares].sort());
    expect([gone, anew]).toEqual([[], []]);
    expect(altered.filter((key) => !ingresses.includes(key))).toEqual(policies);
    expect(await classOf("stalwart")).toBe("traefik");
    const policy = await stack.object("networking.k8s.io/v1", "NetworkPolicy", "roundcube");
    expect(JSON.stringify(policy?.spec.ingress)).toContain("kube-system");
  });

  test("the ingress of a running stack goes to the cluster's default class when none is named, and is never without one", async () => {
    await stack.set("ingress.className", "nginx");
    await stack.up();
    await stack.unset("ingress.className");
    await stack.set("ingress.controller", "traefik");
    const { anew, altered } = await up();
    expect(anew).toEqual(ingresses);
    expect(altered).toEqual(policies);
    expect(await Promise.all(["roundcube", "stalwart", "stalwart-http"].map(classOf))).toEqual(
      Array(3).fill("traefik"),
    );
    expect((await stack.up()).steps).toEqual([]);
  });

  test("the ingress of a running stack becomes routes of a Gateway, and keeps its certificates", async () => {
    await stack.set("ingress.kind", "Gateway");
    await stack.set("ingress.gateway.name", "home");
    await stack.set("ingress.gateway.namespace", "kube-system");
    await stack.set("ingress.gateway.listeners[0]", "websecure");
    await stack.set("ingress.gateway.redirectListener", "web");
    const { report, made, gone, anew, altered } = await up();
    expect(made).toEqual(
      [
        "HTTPRoute/roundcube",
        "HTTPRoute/roundcube-http",
        "HTTPRoute/stalwart",
        "HTTPRoute/stalwart-http",
        "ReferenceGrant/roundcube",
        "ReferenceGrant/stalwart",
      ].sort(),
    );
    expect(gone).toEqual([...ingresses, ...plainHttp, ...middlewares].sort());
    expect([anew, altered]).toEqual([[], []]);
    // The new way is open before the old one is shut.
    expect(report.steps.filter((step) => step.includes("replace"))).toEqual([]);
    expect((await stack.up()).steps).toEqual([]);
  });

  test("the routes of a Gateway become the ingress again", async () => {
    await stack.unset("ingress.kind");
    await stack.unset("ingress.gateway");
    await stack.unset("ingress.controller");
    await stack.set("ingress.className", "nginx");
    const { made, gone, anew } = await up();
    expect(made).toEqual(ingresses);
    expect(gone.filter((key) => !/^(HTTPRoute|ReferenceGrant)\//.test(key))).toEqual([]);
    expect(anew).toEqual([]);
  });
});
