import { CustomResource } from "@pulumi/kubernetes/apiextensions";
import type { CustomResourceOptions, Input } from "@pulumi/pulumi";
import type { Ingress, Tls } from "../../config/types";
import type { Annotations, HttpEndpoint } from "./types";

interface Metadata {
  readonly name: Input<string>;
  readonly namespace: Input<string>;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Annotations;
}

/** Refers to a ClusterIssuer of cert-manager. */
export const clusterIssuer = (name: string) => ({ group: "cert-manager.io", kind: "ClusterIssuer", name });

/**
 * Has cert-manager issue an endpoint's certificate into the namespace where the controller reads it. Nothing to do when the
 * configuration names an existing Secret, or the Gateway has certificates of its own.
 */
export function issueCertificate(
  { tlsSecret, hosts }: HttpEndpoint,
  { tls, ingress: { gateway } }: { readonly tls: Tls; readonly ingress: Ingress },
  metadata: Metadata,
  opts: CustomResourceOptions,
): void {
  if (!("issuer" in tls) || gateway?.certificates === "gateway") return;
  new CustomResource(
    tlsSecret,
    {
      apiVersion: "cert-manager.io/v1",
      kind: "Certificate",
      metadata: { ...metadata, namespace: gateway?.certificateNamespace ?? metadata.namespace },
      spec: {
        secretName: tlsSecret,
        dnsNames: hosts.map(({ name }) => name),
        issuerRef: clusterIssuer(tls.issuer),
      },
    },
    opts,
  );
}
