import fc from "fast-check";
import { Storage } from "../../../../components/storage";
import { classAnnotation } from "../../../../components/storage/classes";
import { shrinkingProblem } from "../../../../components/storage/shrinking";
import { type Recorder, resolved, settled, startRecording, update } from "../../../support/recorder";

const claim = (name: string, storage: string) => ({
  metadata: { name },
  spec: { resources: { requests: { storage } } },
});

describe("storage", () => {
  let recorder: Recorder;
  let storage: Storage;
  beforeAll(async () => {
    recorder = await startRecording();
    storage = new Storage("storage", {
      namespace: "family-mail",
      data: { className: "fast", size: "20Gi", labels: { "recurring-job-group.longhorn.io/mail": "enabled" } },
      webmail: { className: "slow", size: "1Gi", labels: {} },
    });
    await settled();
  });

  it("the namespace and every claim stay in the cluster when the stack is destroyed", () => {
    const kept = recorder.resources.filter((r) => r.custom).map((r) => [r.inputs.metadata.name, r.retainOnDelete]);
    expect(Object.fromEntries(kept)).toEqual({ "family-mail": true, "stalwart-data": true, "roundcube-data": true });
  });

  it("the namespace refuses pods that are not restricted", () => {
    expect(recorder.object("Namespace", "family-mail").inputs.metadata.labels).toMatchObject({
      "pod-security.kubernetes.io/enforce": "restricted",
    });
  });

  it("claims have the configured class and size, one writer at a time, and the backup labels", () => {
    const { metadata, spec } = recorder.object("PersistentVolumeClaim", "stalwart-data").inputs;
    expect(spec).toEqual({
      accessModes: ["ReadWriteOnce"],
      storageClassName: "fast",
      resources: { requests: { storage: "20Gi" } },
    });
    expect(metadata.labels).toMatchObject({ "recurring-job-group.longhorn.io/mail": "enabled" });
    expect(recorder.object("PersistentVolumeClaim", "roundcube-data").inputs.spec.storageClassName).toBe("slow");
  });

  it("claims are in the stack's namespace", async () => {
    expect(await resolved(storage.namespace)).toBe("family-mail");
    for (const name of ["stalwart-data", "roundcube-data"]) {
      const made = recorder.object("PersistentVolumeClaim", name);
      expect(made.inputs.metadata.namespace).toBe("family-mail");
      expect([...recorder.upstream(made)]).toContain(recorder.object("Namespace", "family-mail").urn);
    }
  });

  it("another class for each claim and a smaller size are refused, in a preview too", async () => {
    for (const name of ["stalwart-data", "roundcube-data"]) {
      const claim = recorder.object("PersistentVolumeClaim", name);
      const { metadata, spec } = claim.inputs;
      const changed = (annotations: object, size: string) =>
        update(claim, {
          oldInputs: claim.inputs,
          oldOutputs: claim.inputs,
          newInputs: { metadata: { ...metadata, annotations }, spec: { resources: { requests: { storage: size } } } },
        });
      const { storage: size } = spec.resources.requests;
      await changed(metadata.annotations, "30Gi");
      await expect(changed(classAnnotation("other"), size)).rejects.toThrow("Nothing was changed. Set it back");
      await expect(changed(metadata.annotations, "512Mi")).rejects.toThrow("cannot shrink to 512Mi");
    }
  });

  it("another class never replaces a claim, which would remove the mail", () => {
    for (const { ignoreChanges } of recorder.kind("PersistentVolumeClaim")) {
      expect(ignoreChanges).toEqual(["spec.storageClassName"]);
    }
  });
});

describe("shrinking", () => {
  type Claim = ReturnType<typeof claim>;
  const shrinking = (oldInputs: Claim | undefined, newInputs: Claim) => shrinkingProblem({ oldInputs, newInputs });

  it("shrinking a claim is refused with the key, both sizes and the command that fixes it", () => {
    expect(shrinking(claim("stalwart-data", "20Gi"), claim("stalwart-data", "10Gi"))).toBe(
      "storage.size: the claim stalwart-data has 20Gi and cannot shrink to 10Gi; nothing was changed. " +
        "Fix it: pulumi config set --path storage.size 20Gi",
    );
    expect(shrinking(claim("roundcube-data", "2Gi"), claim("roundcube-data", "1Gi"))).toContain(
      "pulumi config set --path storage.webmail.size 2Gi",
    );
  });

  it("shrinking a claim is told from growing it in any units", () => {
    const units = { M: 1e6, Mi: 2 ** 20, G: 1e9, Gi: 2 ** 30, Ti: 2 ** 40 };
    const size = fc.tuple(
      fc.integer({ min: 1, max: 5000 }),
      fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[])),
    );
    fc.assert(
      fc.property(size, size, ([a, ua], [b, ub]) => {
        const shrinks = b * units[ub] < a * units[ua];
        expect(shrinking(claim("c", `${a}${ua}`), claim("c", `${b}${ub}`)) !== undefined).toBe(shrinks);
      }),
    );
  });

  it("shrinking a claim is not evaluated when a size is unknown", () => {
    expect(shrinking(undefined, claim("c", "1Gi"))).toBeUndefined();
    expect(shrinking(claim("c", "lots"), claim("c", "1Gi"))).toBeUndefined();
  });

  it("a claim that the cluster refused to grow can be set back to the size that it has", () => {
    const refused = { oldInputs: claim("stalwart-data", "20Gi"), oldOutputs: claim("stalwart-data", "10Gi") };
    expect(shrinkingProblem({ ...refused, newInputs: claim("stalwart-data", "10Gi") })).toBeUndefined();
    expect(shrinkingProblem({ ...refused, newInputs: claim("stalwart-data", "5Gi") })).toContain("has 10Gi");
  });
});
