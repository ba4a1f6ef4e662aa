import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { kubectlFor } from "../../sandbox/client";
import { KubeClient } from "../rig/cluster/kube";
import { kubeconfig } from "./support/environment";

const folder = mkdtempSync(join(tmpdir(), "kubeconfig-"));
const over = new AbortController();
afterAll(() => {
  over.abort();
  rmSync(folder, { recursive: true });
});

const API = "client.authentication.k8s.io/v1";
const own = parse(readFileSync(kubeconfig, "utf8"));

/** A client whose kubeconfig logs in with this script, which is beside it. */
async function clientWith(script: string): Promise<KubeClient> {
  writeFileSync(join(folder, "login"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const exec = { apiVersion: API, command: "./login", interactiveMode: "Never" };
  const file = join(folder, "config");
  writeFileSync(file, JSON.stringify({ ...own, users: [{ name: own.users[0].name, user: { exec } }] }));
  return KubeClient.throughKubectl(await kubectlFor(file, () => {}), over.signal);
}

test("a cluster whose kubeconfig logs in with a command is read and changed", async () => {
  const { token } = own.users[0].user;
  const client = await clientWith(
    `echo '${JSON.stringify({ kind: "ExecCredential", apiVersion: API, status: { token } })}'`,
  );
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "login", namespace: "default" } };
  await client.apply({ ...object, data: { a: "1" } }, "?fieldManager=homelab-mail-test&force=true");
  expect((await client.read(object))?.data).toEqual({ a: "1" });
  await client.delete(object);
  expect(await client.read(object)).toBeUndefined();
});

test("a login command that fails is in the error, with the reason that it prints", async () => {
  const client = await clientWith("echo 'log in first' >&2; exit 3");
  const message = await client.request("GET", "/readyz").then(String, (error: Error) => error.message);
  expect(message).toContain("failed with exit code 3");
});
