import { readFileSync } from "node:fs";
import type { KubeObject } from "../../../lib/kubectl";
import { applyGatewayApi, applyTraefikKinds } from "../../e2e/support/schemas";
import type { KeyPair } from "../../rig/ca";
import { type ControlPlane, startControlPlane } from "../../rig/cluster/controlplane";
import { ProcessFolder } from "../../rig/cluster/processes";
import { findTools } from "../../rig/tools/find";
import type { Deployed } from "../../support/deploy";
import { cluster, namespace } from "./addresses";
import { Server } from "./processes";

/** The Gateway that a homelab would have: Traefik's names for its listeners, certificates where the stack has them. */
export const gateway = { name: "home", namespace: "edge", listeners: ["websecure"], redirectListener: "web" };

const APPLY = "?fieldManager=harness&force=true";
const quiet = (): void => {};

/** An API server that knows the Gateway API and Traefik's kinds, and real Traefiks in front of what is told to it. */
export class Traefiks {
  private readonly servers: Server[] = [];
  private readonly folder = ProcessFolder.temporary();
  private plane!: ControlPlane;

  async start(): Promise<this> {
    this.plane = await startControlPlane(this.folder, quiet);
    await applyGatewayApi(this.plane.client);
    await applyTraefikKinds(this.plane.client);
    const controllers = {
      IngressClass: ["networking.k8s.io/v1", { controller: "traefik.io/ingress-controller" }],
      GatewayClass: ["gateway.networking.k8s.io/v1", { controllerName: "traefik.io/gateway-controller" }],
    } as const;
    for (const [kind, [apiVersion, spec]] of Object.entries(controllers)) {
      await this.apply({ apiVersion, kind, metadata: { name: "traefik" }, spec });
    }
    for (const name of [namespace, gateway.namespace]) {
      await this.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
    }
    return this;
  }

  /** Applies a stack's ingress objects as rendered, with its Services and the addresses of their pods. */
  async deploy({ recorder }: Deployed): Promise<void> {
    const kinds = ["Service", "Middleware", "Ingress", "HTTPRoute", "ReferenceGrant"];
    for (const kind of kinds) for (const { inputs } of recorder.kind(kind)) await this.apply(inputs);
    const pods = { roundcube: cluster.webmailPod, stalwart: cluster.mailPod };
    for (const [name, address] of Object.entries(pods)) {
      const { ports } = recorder.object("Service", name).inputs.spec;
      await this.apply({
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: { name: `${name}-rig`, namespace, labels: { "kubernetes.io/service-name": name } },
        addressType: "IPv4",
        endpoints: [{ addresses: [address], conditions: { ready: true } }],
        ports: ports.map((port: KubeObject) => ({ name: port.name, port: name === "roundcube" ? 8000 : port.port })),
      });
    }
  }

  /** Does the work of cert-manager. */
  certificate(name: string, { cert, key }: KeyPair): Promise<void> {
    const data = { "tls.crt": cert, "tls.key": key };
    const stringData = Object.fromEntries(Object.entries(data).map(([k, file]) => [k, readFileSync(file, "utf8")]));
    const metadata = { name, namespace };
    return this.apply({ apiVersion: "v1", kind: "Secret", type: "kubernetes.io/tls", metadata, stringData });
  }

  /** The Gateway, whose https listener reads the stack's certificates. */
  gateway(...secrets: string[]): Promise<void> {
    const allowedRoutes = { namespaces: { from: "All" } };
    const certificateRefs = secrets.map((name) => ({ name, namespace }));
    return this.apply({
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: { name: gateway.name, namespace: gateway.namespace },
      spec: {
        gatewayClassName: "traefik",
        listeners: [
          { name: "web", protocol: "HTTP", port: 80, allowedRoutes },
          { name: "websecure", protocol: "HTTPS", port: 443, allowedRoutes, tls: { certificateRefs } },
        ],
      },
    });
  }

  /** Starts a Traefik as k3s does, at that proxy's address. */
  async open(kind: "Ingress" | "Gateway"): Promise<void> {
    const { traefik } = await findTools(["traefik"], quiet);
    const providers = kind === "Ingress" ? ["kubernetesingress", "kubernetescrd"] : ["kubernetesgateway"];
    const args = [
      `--entryPoints.web.address=${cluster[kind]}:80`,
      `--entryPoints.websecure.address=${cluster[kind]}:443`,
      "--entryPoints.websecure.http.tls=true",
      "--global.checkNewVersion=false",
      "--global.sendAnonymousUsage=false",
      "--log.level=INFO",
      ...providers.map((provider) => `--providers.${provider}=true`),
    ];
    const env = { ...process.env, KUBECONFIG: this.plane.kubeconfig };
    const server = Server.start(`traefik for ${kind}`, traefik as string, args, env);
    this.servers.push(server);
    await server.listening(cluster[kind], 443);
  }

  get log(): string {
    return this.servers.map(({ output }) => output.slice(-4000)).join("\n---\n");
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
    await this.folder.stop();
  }

  private async apply(object: KubeObject): Promise<void> {
    await this.plane.client.apply(object, APPLY);
  }
}
