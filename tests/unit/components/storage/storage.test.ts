import { ConfigMap } from "@pulumi/kubernetes/core/v1";
import fc from "fast-check";
import { Storage } from "../../../../components/storage";
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
    expect(recorder.object("Namespace", "family-mail").inputs.metadata.labels).toEqual({
      "app.kubernetes.io/part-of": "homelab-mail",
      "app.kubernetes.io/managed-by": "pulumi",
      "pod-security.kubernetes.io/enforce": "restricted",
      "pod-security.kubernetes.io/enforce-version": "latest",
      "pod-security.kubernetes.io/warn": "restricted",
      "pod-security.kubernetes.io/audit": "restricted",
    });
  });

  it("claims have the configured class and size, one writer at a time, and the backup labels", () => {
    const { metadata, spec } = recorder.object("PersistentVolumeClaim", "stalwart-data").inputs;
    expect(spec).toEqual({
      accessModes: ["ReadWriteOnce"],
      storageClassName: "fast",
      resources: { requests: { storage: "20Gi" } },
    });
    expect(metadata.labels).toMatchObject({
      "recurring-job-group.longhorn.io/mail": "enabled",
      "app.kubernetes.io/name": "stalwart",
    });
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

  it("a claim of a class that binds for a pod only does not hold up the update", () => {
    const claims = recorder.kind("PersistentVolumeClaim").map(({ inputs }) => inputs.metadata.annotations);
    expect(claims).toHaveLength(2);
    for (const annotations of claims) expect(annotations).toMatchObject({ "pulumi.com/skipAwait": "true" });
  });

  it("another class never replaces a claim, which would remove the mail", () => {
    for (const { ignoreChanges } of recorder.kind("PersistentVolumeClaim")) {
      expect(ignoreChanges).toEqual(["spec.storageClassName"]);
    }
  });
});

it("everything in the namespace waits for both claims, so that nothing has changed when a change of one is refused", async () => {
  const recorder = await startRecording();
  const volume = { size: "1Gi", labels: {} };
  const { namespace } = new Storage("storage", { namespace: "mail", data: volume, webmail: volume });
  new ConfigMap("other", { metadata: { name: "other", namespace } });
  await settled();
  const waitsFor = recorder.upstream(recorder.object("ConfigMap", "other"));
  for (const { urn } of recorder.kind("PersistentVolumeClaim")) expect([...waitsFor]).toContain(urn);
});

describe("a change of a claim", () => {
  const claims = async (className: string | undefined, size: string) => {
    const recorder = await startRecording();
    const volume = { ...(className !== undefined && { className }), size, labels: {} };
    new Storage("storage", { namespace: "mail", data: volume, webmail: volume });
    await settled();
    return ["stalwart-data", "roundcube-data"].map((name) => recorder.object("PersistentVolumeClaim", name));
  };
  /** What the previews say of both claims. */
  const previews = async (
    before: readonly [className: string | undefined, size: string],
    cluster: readonly [className: string, size: string],
    after: readonly [className: string | undefined, size: string],
  ) => {
    const [old, has, wanted] = [await claims(...before), await claims(...cluster), await claims(...after)];
    return Promise.all(
      wanted.map((claim, n) =>
        update(claim, {
          oldInputs: old[n]?.inputs,
          oldOutputs: has[n]?.inputs,
          newInputs: {
            ...claim.inputs,
            spec: { ...claim.inputs.spec, storageClassName: old[n]?.inputs.spec.storageClassName },
          },
        }).then(
          () => "accepted",
          (error: Error) => error.message,
        ),
      ),
    );
  };
  const both = (text: string) => [expect.stringContaining(text), expect.stringContaining(text)];

  it("a claim may grow, and may get the class in the configuration that it has", async () => {
    expect(await previews(["fast", "1Gi"], ["fast", "1Gi"], ["fast", "2Gi"])).toEqual(["accepted", "accepted"]);
    expect(await previews([undefined, "1Gi"], ["fast", "1Gi"], ["fast", "1Gi"])).toEqual(["accepted", "accepted"]);
  });

  it("another class for a claim is refused in the preview, whether the stack or the cluster chose the one it has", async () => {
    const refused = both("Nothing was changed. Set it back");
    expect(await previews(["fast", "1Gi"], ["fast", "1Gi"], ["slow", "1Gi"])).toEqual(refused);
    expect(await previews([undefined, "1Gi"], ["fast", "1Gi"], ["slow", "1Gi"])).toEqual(refused);
    expect(await previews(["fast", "1Gi"], ["fast", "1Gi"], [undefined, "1Gi"])).toEqual(
      both("it has no default any more"),
    );
  });

  it("a smaller size for a claim is refused in the preview, but not one that the cluster refused to grow to", async () => {
    expect(await previews(["fast", "1Gi"], ["fast", "1Gi"], ["fast", "512Mi"])).toEqual(both("cannot shrink to 512Mi"));
    expect(await previews(["fast", "2Gi"], ["fast", "1Gi"], ["fast", "1Gi"])).toEqual(["accepted", "accepted"]);
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
    expect(shrinking(claim("c", "1Gi"), claim("c", "lots"))).toBeUndefined();
  });

  it("a claim that the cluster refused to grow can be set back to the size that it has", () => {
    const refused = { oldInputs: claim("stalwart-data", "20Gi"), oldOutputs: claim("stalwart-data", "10Gi") };
    expect(shrinkingProblem({ ...refused, newInputs: claim("stalwart-data", "10Gi") })).toBeUndefined();
    expect(shrinkingProblem({ ...refused, newInputs: claim("stalwart-data", "5Gi") })).toContain("has 10Gi");
  });
});
