import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { createLocalCluster, removeLeftClusters, removeLocalCluster } from "../../../sandbox/live/localCluster";
import { chooseTarget } from "../../../sandbox/live/run";

const NAME = "homelab-mail-sandbox";
const { PATH } = process.env;
let folder: string;
let clusters: string;
let calls: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "local-cluster-"));
  clusters = path.join(folder, "clusters");
  calls = path.join(folder, "calls");
  fs.writeFileSync(clusters, "");
  fs.mkdirSync(path.join(folder, "bin"));
  process.env.PATH = `${path.join(folder, "bin")}:/usr/bin:/bin`;
});
afterEach(() => {
  process.env.PATH = PATH;
  fs.rmSync(folder, { recursive: true });
});

/** Notes its calls with the kubeconfig they would change, keeps a list of clusters, and can fail to create one. */
function install(name: "kind" | "k3d", { creates = "exit 0" } = {}): void {
  const script = `#!/bin/sh
echo "${name} $* [$KUBECONFIG]" >>'${calls}'
case "$*" in
  "get clusters") cat '${clusters}' ;;
  "cluster list --no-headers") sed 's/$/   1\\/1   0\\/0   true/' '${clusters}' ;;
  "create cluster"*) echo ${NAME} >>'${clusters}'; echo kind-config >"$6"; ${creates} ;;
  "cluster create"*) echo ${NAME} >>'${clusters}'; ${creates} ;;
  "kubeconfig get ${NAME}") echo k3d-config ;;
  "delete cluster --name ${NAME}" | "cluster delete ${NAME}") sed -i '/^${NAME}$/d' '${clusters}' ;;
  *) echo "unknown command: $*" >&2; exit 1 ;;
esac
`;
  fs.writeFileSync(path.join(folder, "bin", name), script, { mode: 0o755 });
}

const left = (): string => fs.readFileSync(clusters, "utf8").trim();
const create = (name: "kind" | "k3d", signal = new AbortController().signal): Promise<string> =>
  createLocalCluster(name, folder, signal);

test.each(["kind", "k3d"] as const)(
  "the sandbox creates a cluster with %s, gives its kubeconfig, and removes it",
  async (name) => {
    install(name);
    fs.writeFileSync(clusters, "another\n");
    const kubeconfig = await create(name);
    expect(fs.readFileSync(kubeconfig, "utf8")).toBe(`${name}-config\n`);
    expect(left()).toBe(`another\n${NAME}`);
    removeLocalCluster(name, kubeconfig);
    expect(left()).toBe("another");
    // The user's own kubeconfig is named in no call.
    const lines = fs.readFileSync(calls, "utf8").trim().split("\n");
    expect(lines.filter((line) => !line.endsWith(`[${kubeconfig}]`))).toEqual([]);
  },
);

test("the sandbox does not reuse a cluster of an interrupted run: the message has the command that removes it", async () => {
  install("kind");
  fs.writeFileSync(clusters, `${NAME}\n`);
  await expect(create("kind")).rejects.toThrow("npm run sandbox -- --live --stop");
  const said: string[] = [];
  removeLeftClusters((line) => said.push(line), folder);
  expect([left(), said]).toEqual(["", [`The kind cluster ${NAME} is removed.`]]);
});

test("a cluster that could not be created completely is removed", async () => {
  install("k3d", { creates: "exit 1" });
  await expect(create("k3d")).rejects.toThrow("k3d could not create a cluster");
  expect(left()).toBe("");
});

test("Ctrl-C while a cluster is created stops that and removes it", async () => {
  const interrupted = new AbortController();
  install("kind", { creates: `touch '${folder}/creating'; exec sleep 600` });
  const created = create("kind", interrupted.signal);
  created.catch(() => {});
  while (!fs.existsSync(path.join(folder, "creating"))) await new Promise((resolve) => setTimeout(resolve, 20));
  interrupted.abort();
  await expect(created).rejects.toThrow("abort");
  expect(left()).toBe("");
});

test("the sandbox prefers kind to k3d, and both to a node; --cluster chooses", () => {
  const choose = (cluster?: string, kubeconfig?: string): string => chooseTarget({ cluster, kubeconfig });
  install("k3d");
  expect(choose()).toBe("k3d");
  expect(() => choose("kind")).toThrow(/kind is not on PATH; install it: https:/);
  install("kind");
  expect([choose(), choose("k3d"), choose(undefined, "file")]).toEqual(["kind", "k3d", "kubeconfig"]);
  expect(() => choose("minikube")).toThrow("--cluster minikube: one of kind, k3d, node");
  expect(() => choose("kind", "file")).toThrow("leave one out");
});
