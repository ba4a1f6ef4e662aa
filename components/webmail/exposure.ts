import * as core from "@pulumi/kubernetes/core/v1";
import type { CustomResourceOptions, Input } from "@pulumi/pulumi";
import type { SizeLimits } from "../../config/limits";
import { labels, names, selector } from "../../config/names";
import type { StackConfig } from "../../config/types";
import { exposeHttp } from "../exposure";
import { issueCertificate } from "../exposure/certificate";
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

  const endpoint = {
    name: names.roundcube,
    hosts: [{ name: host }],
    service: { name: names.roundcube, port: 80, portName: "http" },
    tlsSecret: "issuer" in tls ? names.secrets.webmailTls : tls.secretName,
    requirements: { maxBodySize: `${webmailBody}m` },
  };
  issueCertificate(endpoint, { tls, ingress }, metadata(endpoint.tlsSecret), opts);
  exposeHttp(endpoint, ingress, namespace, opts);
}
