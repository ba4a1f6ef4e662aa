import { CustomResource } from "@pulumi/kubernetes/apiextensions";
import * as core from "@pulumi/kubernetes/core/v1";
import type { CustomResourceOptions, Input } from "@pulumi/pulumi";
import type { SizeLimits } from "../../config/limits";
import { labels, names, selector } from "../../config/names";
import type { StackConfig } from "../../config/types";
import { exposeHttp } from "../exposure";
import { metadataFor, skipAwait } from "../shared/metadata";

export interface ExposureArgs {
  readonly namespace: Input<string>;
  /** The webmail's public name. */
  readonly host: string;
  readonly tls: StackConfig["tls"];
  readonly ingress: StackConfig["ingress"];
  readonly limits: Pick<SizeLimits, "webmailBody">;
}

/** Exposes the webmail: Service, certificate, and Ingress or HTTPRoute. */
export function expose(
  { namespace, host, tls, ingress, limits: { webmailBody } }: ExposureArgs,
  opts: CustomResourceOptions,
): void {
  const metadata = metadataFor(namespace, labels(names.roundcube));

  new core.Service(
    names.roundcube,
    {
      metadata: metadata(names.roundcube, skipAwait),
      spec: { selector: selector(names.roundcube), ports: [{ name: "http", port: 80, targetPort: "http" }] },
    },
    opts,
  );

  const { gateway } = ingress;
  if ("issuer" in tls && gateway?.certificates !== "gateway") {
    new CustomResource(
      names.secrets.webmailTls,
      {
        apiVersion: "cert-manager.io/v1",
        kind: "Certificate",
        metadata: {
          ...metadata(names.secrets.webmailTls),
          ...(gateway?.certificateNamespace !== undefined && { namespace: gateway.certificateNamespace }),
        },
        spec: {
          secretName: names.secrets.webmailTls,
          dnsNames: [host],
          issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: tls.issuer },
        },
      },
      opts,
    );
  }

  const endpoint = {
    name: names.roundcube,
    hosts: [{ name: host }],
    service: { name: names.roundcube, port: 80, portName: "http" },
    tlsSecret: "issuer" in tls ? names.secrets.webmailTls : tls.secretName,
    requirements: { maxBodySize: `${webmailBody}m` },
  };
  exposeHttp(endpoint, ingress, namespace, opts);
}
