import * as path from "node:path";
import { names } from "../../config/names";
import type { KubeObject } from "../../lib/kubectl";
import { checkOut, previousRelease } from "../support/previousRelease";
import { folder } from "./support/environment";
import { TestStack } from "./support/stack";

let stack: TestStack;
let before: KubeObject[];
let after: KubeObject[];

const only = (objects: readonly KubeObject[], kind: string): Map<string, KubeObject> =>
  new Map(objects.filter((object) => object.kind === kind).map((object) => [object.metadata.name, object]));

const restarts = (objects: readonly KubeObject[], name: string): number =>
  Number(only(objects, "Deployment").get(name)?.metadata.annotations?.["deployment.kubernetes.io/revision"]);

/** Objects that every update may replace, because their names tell their content. */
const namedByContent = /^stalwart-settings-[0-9a-f]{10,}$/;

beforeAll(async () => {
  stack = await TestStack.create("upgrade");
  await stack.set("storage.className", "longhorn");
  const release = checkOut(previousRelease(), path.join(folder, "previous-release"));
  await stack.upBy(release);
  before = await stack.live();
  await stack.up();
  after = await stack.live();
});

test("an upgrade from the previous release keeps every claim and its volume", () => {
  const claims = (objects: readonly KubeObject[]) =>
    [...only(objects, "PersistentVolumeClaim")].map(([name, { metadata, spec }]) => [
      name,
      metadata.uid,
      spec.volumeName,
    ]);
  expect(claims(before)).toHaveLength(2);
  expect(claims(after)).toEqual(claims(before));
});

/** Settings that a release renders anew: their keys stay, and what users or the stack chose is in other Secrets. */
const isRendered = (key: string): boolean =>
  [names.accounts, names.settings].some((secret) => key.startsWith(`${secret}/`));

test("an upgrade from the previous release keeps every key of every Secret, and its value", () => {
  const values = (objects: readonly KubeObject[]) =>
    [...only(objects, "Secret")]
      .filter(([name]) => !namedByContent.test(name))
      .flatMap(([name, { data }]) => Object.entries(data ?? {}).map(([key, value]) => [`${name}/${key}`, value]));
  const kept = new Map(values(after) as [string, string][]);
  expect(values(before).length).toBeGreaterThan(5);
  for (const [key, value] of values(before) as [string, string][]) {
    expect(kept.has(key) ? key : undefined).toBe(key);
    if (!isRendered(key)) expect([key, kept.get(key)]).toEqual([key, value]);
  }
});

test("an upgrade from the previous release restarts each workload at most once", () => {
  const workloads = [...only(before, "Deployment").keys()];
  expect(workloads).toContain("stalwart");
  for (const name of workloads) {
    expect({ name, isOnce: restarts(after, name) - restarts(before, name) <= 1 }).toEqual({ name, isOnce: true });
  }
});

test("after an upgrade from the previous release, there is nothing left to do", async () => {
  expect((await stack.up()).steps).toEqual([]);
});
