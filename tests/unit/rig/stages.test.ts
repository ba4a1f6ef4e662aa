import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { ROOT } from "../../support/pages";

interface Stage {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly resourceRef: { readonly kind: string };
    readonly next: { readonly statusTemplate?: string };
  };
}

const stages: Stage[] = parseAllDocuments(readFileSync(join(ROOT, "tests/rig/cluster/stages.yaml"), "utf8")).map(
  (document) => document.toJS(),
);

test("a simulated pod that is not ready has every condition of a kubelet's: without one, Pulumi does not read its message", () => {
  const unready = stages.filter(
    ({ spec }) => spec.resourceRef.kind === "Pod" && /startTime.*ready: false/s.test(spec.next.statusTemplate ?? ""),
  );
  expect(unready.map(({ metadata }) => metadata.name)).toEqual(["pod-fails", "pod-is-in-trouble"]);
  for (const { metadata, spec } of unready) {
    const conditions = [...(spec.next.statusTemplate ?? "").matchAll(/- \{ type: (\w+), status: "(\w+)"/g)];
    expect([metadata.name, conditions.map(([, type, status]) => `${type}=${status}`)]).toEqual([
      metadata.name,
      ["PodScheduled=True", "Initialized=True", "ContainersReady=False", "Ready=False"],
    ]);
  }
});
