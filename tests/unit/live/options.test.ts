import { HELP, read } from "../../live/support/options";

const key = { POCKET_ID_API_KEY: "key" };

test("without options the live suite makes its own node, with a fake issuer, and passes other arguments to jest", () => {
  expect(read(["-t", "mail", "--verbose"], {})).toEqual({
    options: { issuer: { kind: "fake" }, config: {} },
    jest: ["-t", "mail", "--verbose"],
  });
});

test("a cluster of the user's own gets Pocket ID's image, and configuration as it is written", () => {
  const { options, jest } = read(
    ["--kubeconfig", "/k", "--config", "storage.className=a=b", "--config", "storage.size=2Gi", "-t", "x"],
    {},
  );
  expect(options).toEqual({
    kubeconfig: "/k",
    issuer: { kind: "pocket-id" },
    config: { "storage.className": "a=b", "storage.size": "2Gi" },
  });
  expect(jest).toEqual(["-t", "x"]);
});

test("provider and issuer may also be in the cluster on the live suite's own node", () => {
  const { options, jest } = read(["--in-cluster", "-t", "x"], {});
  expect(options).toEqual({ issuer: { kind: "fake" }, inCluster: true, config: {} });
  expect(jest).toEqual(["-t", "x"]);
});

test("the live suite uses an existing issuer with the key from the environment and not from the command line", () => {
  expect(read(["--kubeconfig=/k", "--issuer=https://id.example"], key).options.issuer).toEqual({
    kind: "existing",
    url: "https://id.example",
    apiKey: "key",
  });
});

test.each([
  [["--issuer", "https://id.example"], key, "--issuer needs --kubeconfig"],
  [["--provider-image", "x"], {}, "--provider-image needs --kubeconfig"],
  [["--kubeconfig", "/k", "--issuer", "https://id.example"], {}, "POCKET_ID_API_KEY"],
  [["--kubeconfig", "/k", "--issuer-ca", "/ca"], {}, "--issuer-ca needs --issuer"],
  [["--kubeconfig", "/k", "--config", "storage.size"], {}, "write KEY=VALUE"],
  [["--kubeconfig", "/k", "--in-cluster"], {}, "--in-cluster is how it is with --kubeconfig: leave it out"],
])("the live suite refuses %j by name", (args, environment, message) => {
  expect(() => read(args, environment)).toThrow(message);
});

test("the live suite's help names every option that it has", () => {
  for (const option of ["--kubeconfig", "--config", "--issuer ", "--issuer-ca", "--provider-image", "--in-cluster"]) {
    expect(HELP).toContain(option);
  }
});
