import type { CustomResourceOptions, Input } from "@pulumi/pulumi";
import { type DiscoveryHost, discoveryHosts } from "../../config/discovery";
import { labels, names, ports } from "../../config/names";
import type { StackConfig } from "../../config/types";
import { exposeHttp } from "../exposure";
import { issueCertificate } from "../exposure/certificate";
import type { HttpEndpoint } from "../exposure/types";
import { metadataFor, skipAwait } from "../shared/metadata";

/**
 * The paths that mail programs request from such a host; no others are served there. Thunderbird requests the first of its
 * paths; the server accepts three spellings of the folder that Outlook and others request (crates/http/src/request.rs).
 */
export const discoveryPaths: Readonly<Record<DiscoveryHost["kind"], readonly string[]>> = {
  autoconfig: ["/mail/config-v1.1.xml", "/.well-known/autoconfig/mail/config-v1.1.xml"],
  autodiscover: [
    "/autodiscover/autodiscover.xml",
    "/Autodiscover/Autodiscover.xml",
    "/AutoDiscover/AutoDiscover.xml",
    "/autodiscover/autodiscover.json",
  ],
};

/** The largest requests are Outlook's; the server reads 8 KiB of them. */
const requirements = { maxBodySize: "1m" };

interface Slice extends Pick<StackConfig, "domains" | "hosts" | "tls" | "ingress"> {}

/** The hosts that the mail server's own endpoint and certificate do not include. */
const ownHosts = (config: Slice): DiscoveryHost[] =>
  discoveryHosts(config).filter(({ name }) => name !== config.hosts.autoconfig);

export const discoveryEndpoint = (config: Slice): HttpEndpoint => ({
  name: names.discovery,
  hosts: ownHosts(config).map(({ name, kind }) => ({ name, paths: discoveryPaths[kind] })),
  service: { name: names.stalwart, port: ports.stalwartHttp },
  tlsSecret: "issuer" in config.tls ? names.secrets.discoveryTls : config.tls.secretName,
  requirements,
});

/**
 * Exposes these hosts. They have a certificate of their own: a certificate is not issued while one of its hosts does not
 * resolve to this cluster, and the mail server does not start without its certificate.
 */
export function exposeDiscovery(config: Slice, namespace: Input<string>, opts: CustomResourceOptions): void {
  const endpoint = discoveryEndpoint(config);
  if (endpoint.hosts.length === 0) return;
  const metadata = metadataFor(namespace, labels(names.stalwart));
  issueCertificate(endpoint, config, metadata(endpoint.tlsSecret, skipAwait), opts);
  exposeHttp(endpoint, config.ingress, namespace, opts);
}
