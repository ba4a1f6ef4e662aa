import { applyOperatorKinds, operatorKinds } from "./support/schemas";
import { TestStack } from "./support/stack";
import { client } from "./support/world";

const definition = (kind: string) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${kind}.monitoring.coreos.com` },
});

let stack: TestStack;

beforeAll(async () => {
  stack = await TestStack.create("monitoring");
  await stack.set("monitoring.enabled", "true");
});

test("a cluster without the Prometheus operator is refused with what is missing, before anything is made", async () => {
  for (const kind of operatorKinds) expect(await client.read(definition(kind))).toBeUndefined();
  const { text, steps } = await stack.failingUp();
  console.log(text);
  expect(text).toContain("monitoring.enabled: the cluster does not have the Prometheus operator's kinds");
  expect(text).toContain("pulumi config set --path monitoring.enabled false");
  expect(steps).toEqual([]);
  expect(
    await client.read({ apiVersion: "v1", kind: "Namespace", metadata: { name: stack.namespace } }),
  ).toBeUndefined();
});
