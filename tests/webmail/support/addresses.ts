import { mailServerHost } from "../../../config/names";

/**
 * The harness lives in a network namespace of its own (see tests/webmail/run.sh), so every server has its real port on an
 * address of the loopback range, and its real name through /etc/hosts.
 */
export const domain = "newjoy.ro";
export const namespace = "stalwart-mail";
export const hosts = {
  webmail: `webmail.${domain}`,
  issuer: `auth.${domain}`,
  mail: `mail.${domain}`,
  mailInCluster: mailServerHost(namespace),
  pictures: "pictures.example.org",
};
export const addresses = {
  ingress: "127.0.0.10",
  issuer: "127.0.0.20",
  mail: "127.0.0.30",
  pictures: "127.0.0.40",
  harness: "127.0.0.50",
  pod: "127.0.0.60",
};

/** Where the cluster's HTTP proxies listen, and where they find the pods: the API server takes no loopback address for a pod's. */
export const cluster = {
  Ingress: addresses.ingress,
  Gateway: "127.0.0.11",
  webmailPod: "10.42.0.8",
  mailPod: "10.42.0.9",
};
export const hostsFile = `127.0.0.1 localhost
${addresses.ingress} ${hosts.webmail}
${addresses.issuer} ${hosts.issuer}
${addresses.mail} ${hosts.mailInCluster}
${addresses.pictures} ${hosts.pictures}
`;
