import { CustomResource } from "@pulumi/kubernetes/apiextensions";
import * as core from "@pulumi/kubernetes/core/v1";
import * as networking from "@pulumi/kubernetes/networking/v1";
import type { CustomResourceOptions, Input } from "@pulumi/pulumi";
import type { StackConfig } from "../../config/types";
import { labels, names, selector } from "../shared/names";
import { limits } from "./limits";

export interface ExposureArgs {
  readonly namespace: Input<string>;
  /** The webmail's public name. */
  readonly host: string;
  readonly tls: StackConfig["tls"];
  readonly ingress: { readonly className: string; readonly annotations: Readonly<Record<string, string>> };
}

/** The way in: Service, certificate and Ingress. HSTS is ingress-nginx's default for every host with TLS. */
export function expose({ namespace, host, tls, ingress }: ExposureArgs, opts: CustomResourceOptions): void {
  const skipAwait = { "pulumi.com/skipAwait": "true" };
  const metadata = (name: string) => ({ name, namespace, labels: labels(names.roundcube) });

  new core.Service(
    names.roundcube,
    {
      metadata: { ...metadata(names.roundcube), annotations: skipAwait },
      spec: { selector: selector(names.roundcube), ports: [{ name: "http", port: 80, targetPort: "http" }] },
    },
    opts,
  );

  if ("issuer" in tls) {
    new CustomResource(
      names.secrets.webmailTls,
      {
        apiVersion: "cert-manager.io/v1",
        kind: "Certificate",
        metadata: metadata(names.secrets.webmailTls),
        spec: {
          secretName: names.secrets.webmailTls,
          dnsNames: [host],
          issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: tls.issuer },
        },
      },
      opts,
    );
  }

  const service = { name: names.roundcube, port: { name: "http" } };
  new networking.Ingress(
    names.roundcube,
    {
      metadata: {
        ...metadata(names.roundcube),
        annotations: {
          ...skipAwait,
          "nginx.ingress.kubernetes.io/proxy-body-size": limits.ingress,
          ...ingress.annotations,
        },
      },
      spec: {
        ingressClassName: ingress.className,
        tls: [{ hosts: [host], secretName: "issuer" in tls ? names.secrets.webmailTls : tls.secretName }],
        rules: [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend: { service } }] } }],
      },
    },
    opts,
  );
}
