import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import type { KubeObject } from "../../lib/kubectl";
import { acceptedFiles } from "../support/acceptedFiles";
import { deploy } from "../support/deploy";
import { client } from "./support/environment";
import { kubernetesValidate, promtool } from "./support/tools";

const SEED = 20261128;
const NAMESPACE = "e2e-fuzz";
/** Groups whose schema Kubernetes itself has; the others' is in their CRDs. */
const builtIn = /^(v1|apps\/v1|batch\/v1|networking\.k8s\.io\/v1|rbac\.authorization\.k8s\.io\/v1)$/;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "fuzz-"));
/** What 40 accepted stack files come to, each object once. */
const objects = new Map<string, KubeObject>();
const rules = new Set<string>();

beforeAll(async () => {
  for (const { file } of acceptedFiles(SEED, 40)) {
    const { recorder } = await deploy(file);
    for (const { type, inputs } of recorder.resources) {
      if (!type.startsWith("kubernetes:") || type.endsWith("Patch")) continue;
      if (builtIn.test(inputs.apiVersion ?? "")) objects.set(JSON.stringify(inputs), inputs);
      if (inputs.kind === "PrometheusRule") rules.add(stringify(inputs.spec, { lineWidth: 0 }));
    }
  }
});
afterAll(async () => {
  fs.rmSync(folder, { recursive: true });
  await client.delete({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
});

test("every object of what is accepted fits Kubernetes' own schema", () => {
  expect(objects.size).toBeGreaterThan(100);
  const manifests = path.join(folder, "objects.yaml");
  // In JSON: of YAML the validator reads the version in which a password `yes` is no text.
  const texts = [...objects.values()].map((object) => JSON.stringify(object));
  fs.writeFileSync(manifests, texts.join("\n---\n"), { mode: 0o600 });
  const validate = ["--strict", "-k", "1.36", "--quiet", manifests];
  const { status, stdout, stderr } = spawnSync(kubernetesValidate(), validate, { encoding: "utf8" });
  expect({ status, says: `${stdout}${stderr}`.slice(0, 5000) }).toEqual({ status: 0, says: "" });
});

test("the API server takes every object of what is accepted, as a dry run", async () => {
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } };
  await client.apply(namespace, "?fieldManager=fuzz");
  const dryRun = "?dryRun=All&fieldValidation=Strict&fieldManager=fuzz&force=true";
  const refused: string[] = [];
  for (const object of objects.values()) {
    const { annotations: _, ...metadata } = object.metadata; // the engine's own, which never reach a server
    const own = object.kind === "Namespace" ? object : { ...object, metadata: { ...metadata, namespace: NAMESPACE } };
    await client.apply(own, dryRun).catch((error: Error) => refused.push(`${object.kind}: ${error.message}`));
  }
  expect(refused).toEqual([]);
  const wrong = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "Wrong_", namespace: NAMESPACE } };
  await expect(client.apply(wrong, dryRun)).rejects.toThrow("Wrong_"); // the check itself can fail
});

test("Prometheus reads every rule of what is accepted", async () => {
  expect(rules.size).toBeGreaterThan(0);
  const files = [...rules].map((text, n) => {
    const file = path.join(folder, `rules-${n}.yaml`);
    fs.writeFileSync(file, text);
    return file;
  });
  const { status, stdout, stderr } = spawnSync(await promtool(), ["check", "rules", ...files], { encoding: "utf8" });
  expect({ status, says: status === 0 ? "" : `${stdout}${stderr}`.slice(0, 5000) }).toEqual({ status: 0, says: "" });
});
