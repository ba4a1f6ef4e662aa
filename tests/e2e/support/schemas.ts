import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { applyManifests } from "../../rig/cluster/controlplane";
import type { KubeClient } from "../../rig/cluster/kube";

const modules = path.join(__dirname, "../../rig/modules/crds");

/** The folder of a Go module, at the version and with the checksum that tests/rig/modules/crds pins. */
function moduleFolder(name: string): string {
  const answer = execFileSync("go", ["mod", "download", "-json", name], { cwd: modules, encoding: "utf8" });
  return JSON.parse(answer).Dir;
}

/** A kind is served a moment after its definition is there. */
async function served(client: KubeClient, version: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (await client.request("GET", `/openapi/v3/apis/${version}`).catch(() => undefined)) return;
    await sleep(100);
  }
  throw new Error(`${version} is not served`);
}

/** All kinds of the Gateway API's standard channel, as its makers publish them: a controller waits for each of them. */
export async function applyGatewayApi(client: KubeClient): Promise<void> {
  const folder = path.join(moduleFolder("sigs.k8s.io/gateway-api"), "config/crd/standard");
  const definitions = readdirSync(folder).filter((name) => name.startsWith("gateway.networking.k8s.io_"));
  for (const name of definitions) await applyManifests(client, path.join(folder, name));
  await served(client, "gateway.networking.k8s.io/v1");
  await served(client, "gateway.networking.k8s.io/v1beta1");
}

/** Traefik's own kinds, as Traefik's documentation has them installed. */
export async function applyTraefikKinds(client: KubeClient): Promise<void> {
  const folder = path.join(
    moduleFolder("github.com/traefik/traefik/v3"),
    "docs/content/reference/dynamic-configuration",
  );
  await applyManifests(client, path.join(folder, "kubernetes-crd-definition-v1.yml"));
  await served(client, "traefik.io/v1alpha1");
}

/** What k3s and cert-manager bring, as far as the checks of docs/getting-started look at it. */
export async function applyGettingStarted(client: KubeClient): Promise<void> {
  await applyManifests(client, path.join(__dirname, "k3s.yaml"));
  const issuer = {
    apiVersion: "cert-manager.io/v1",
    kind: "ClusterIssuer",
    metadata: { name: "letsencrypt-prod" },
    status: { conditions: [{ type: "Ready", status: "True" }] },
  };
  // The kind is served a moment after its definition is there.
  for (let tries = 0; ; tries++) {
    try {
      await client.apply(issuer, "?fieldManager=homelab-mail-sandbox&force=true");
      return;
    } catch (error) {
      if (tries === 300) throw error;
      await sleep(100);
    }
  }
}

/** The Prometheus operator's kinds that this stack makes, as the operator's own repository has them. */
export const operatorKinds = ["podmonitors", "prometheusrules"] as const;

export async function applyOperatorKinds(client: KubeClient): Promise<void> {
  const folder = path.join(
    moduleFolder("github.com/prometheus-operator/prometheus-operator"),
    "example/prometheus-operator-crd",
  );
  for (const kind of operatorKinds) {
    await applyManifests(client, path.join(folder, `monitoring.coreos.com_${kind}.yaml`));
  }
  await served(client, "monitoring.coreos.com/v1");
}

/** Takes the operator's kinds out again, and waits until they are gone: the other suites share the cluster. */
export async function removeOperatorKinds(client: KubeClient): Promise<void> {
  const definitions = operatorKinds.map((kind) => ({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${kind}.monitoring.coreos.com` },
  }));
  for (const definition of definitions) await client.delete(definition);
  for (const definition of definitions) while (await client.read(definition)) await sleep(100);
}
