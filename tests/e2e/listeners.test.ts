import type { KubeObject } from "../../lib/kubectl";
import { TestStack } from "./support/stack";

const listenersOf = (object: KubeObject | undefined): string =>
  object?.spec.template.metadata.annotations["homelab-mail/listeners"];

test("a new listener restarts the mail server, and nothing else", async () => {
  const upgrade = require.resolve("./support/oneMoreListener");
  const stack = await TestStack.create("listeners", ["kinga"]);
  await stack.up();
  const before = await stack.object("apps/v1", "Deployment", "stalwart");

  const changed = await stack.changedBy(async () => {
    const { steps } = await stack.up(upgrade);
    expect(steps).toContain("update DeploymentPatch stalwart-listeners");
  });

  const after = await stack.object("apps/v1", "Deployment", "stalwart");
  expect(listenersOf(before)).toMatch(/^[0-9a-f]{10}$/);
  expect(listenersOf(after)).toMatch(/^[0-9a-f]{10}$/);
  expect(listenersOf(after)).not.toBe(listenersOf(before));
  expect(after?.spec.template.spec.containers[0].ports.map((p: { name: string }) => p.name)).toContain("pop3s");
  expect(changed.filter((key) => key.startsWith("Deployment/"))).toEqual(["Deployment/stalwart"]);
  expect((await stack.up(upgrade)).steps).toEqual([]);
});
