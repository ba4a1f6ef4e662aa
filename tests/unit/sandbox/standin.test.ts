import { differences, fixedPaths, pathText, prune, touches } from "../../../sandbox/standin/diff";
import { isSecret, plain, secret, withSecretsOf } from "../../../sandbox/standin/secrets";

const paths = (there: unknown, wanted: unknown) => differences(there, wanted).map(({ path }) => pathText(path));

describe("what counts as a change", () => {
  test("fields that the server filled in do not", () => {
    const asked = { spec: { containers: [{ name: "a" }] } };
    const live = { spec: { containers: [{ name: "a", terminationMessagePath: "/dev/termination-log" }] }, status: {} };
    expect(paths(prune(live, asked), asked)).toEqual([]);
  });

  test("a quantity in another spelling does not, another quantity does", () => {
    const memory = (amount: string) => ({ resources: { limits: { memory: amount } } });
    expect(paths(memory("1Gi"), memory("1024Mi"))).toEqual([]);
    expect(paths(memory("1Gi"), memory("1G"))).toEqual(["resources.limits.memory"]);
  });

  test("a field added, changed or taken away does", () => {
    expect(paths({ a: 1, b: [1] }, { a: 2, b: [1, 2], "c.d": "x" })).toEqual(["a", "b[1]", '["c.d"]']);
    expect(paths({ labels: { kept: "x", gone: "y" } }, { labels: { kept: "x" } })).toEqual(["labels.gone"]);
  });
});

test("a Secret's content is fixed only when it is immutable or the provider says so", () => {
  const object = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" } };
  const [change] = differences({ data: { a: "1" } }, { data: { a: "2" } });
  const replaced = (immutable: boolean, secrets: boolean) =>
    fixedPaths({ ...object, immutable }, false, { secrets, configMaps: true }).some((path) =>
      touches(change as never, path),
    );
  expect([replaced(false, true), replaced(true, true), replaced(false, false)]).toEqual([false, true, true]);
});

describe("what is secret stays secret", () => {
  test("all of a Secret's data, whatever the program marked", () => {
    const marked = withSecretsOf({ kind: "Secret", data: { a: "eA==" } }, { stringData: { a: "x" } });
    expect(isSecret(marked.data)).toBe(true);
  });

  test("the smallest part that holds it, and a whole list when one item does", () => {
    const inputs = { spec: { open: "x", hidden: secret("y"), list: ["a", secret("b")] } };
    const marked = withSecretsOf(plain(inputs), inputs);
    expect(isSecret(marked.spec)).toBe(false);
    expect([marked.spec.open, isSecret(marked.spec.hidden), isSecret(marked.spec.list)]).toEqual(["x", true, true]);
    expect(plain(marked)).toEqual(plain(inputs));
  });
});
