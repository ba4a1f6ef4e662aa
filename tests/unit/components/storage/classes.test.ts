import { classAnnotation, classProblem } from "../../../../components/storage/classes";

const claim = (storageClassName?: string, name = "stalwart-data") => ({
  metadata: { name },
  spec: { ...(storageClassName !== undefined && { storageClassName }) },
});
const wanted = (className?: string, name = "stalwart-data") => ({
  metadata: { name, annotations: classAnnotation(className) },
  spec: {},
});

describe("a claim's storage class", () => {
  it("a claim's storage class that stays the same, or is not known, is accepted", () => {
    const same = { oldInputs: claim("fast"), oldOutputs: claim("fast"), newInputs: wanted("fast") };
    expect(classProblem(same)).toBeUndefined();
    expect(classProblem({ oldInputs: undefined, oldOutputs: undefined, newInputs: wanted("fast") })).toBeUndefined();
    expect(classProblem({ oldInputs: claim("fast"), newInputs: claim("fast") })).toBeUndefined();
  });

  it("another storage class of a claim is refused, with how to undo it", () => {
    const text = classProblem({ oldInputs: claim("fast"), oldOutputs: claim("fast"), newInputs: wanted("slow") });
    expect(text).toContain("storage.className: the claim stalwart-data is of class fast");
    expect(text).toContain("pulumi config set --path storage.className fast");
    expect(classProblem({ oldInputs: claim("fast"), newInputs: wanted("slow") })).toBe(text);
    const webmail = claim("fast", "roundcube-data");
    expect(
      classProblem({ oldInputs: webmail, oldOutputs: webmail, newInputs: wanted("slow", "roundcube-data") }),
    ).toContain("pulumi config set --path storage.webmail.className fast");
  });

  it("the default storage class that a stack relied on has to be configured", () => {
    const text = classProblem({
      oldInputs: claim("longhorn-ssd"),
      oldOutputs: claim("longhorn-ssd"),
      newInputs: wanted(),
    });
    expect(text).toContain("earlier versions took longhorn-ssd");
    expect(text).toContain("pulumi config set --path storage.className longhorn-ssd");
  });

  it("the storage class that the cluster chose stays, whatever its default is now, and may be configured", () => {
    const chosen = { oldInputs: claim(), oldOutputs: claim("local-path") };
    expect(classProblem({ ...chosen, newInputs: wanted() })).toBeUndefined();
    expect(classProblem({ ...chosen, newInputs: wanted("local-path") })).toBeUndefined();
    expect(classProblem({ ...chosen, newInputs: wanted("longhorn") })).toContain("is of class local-path");
  });
});
