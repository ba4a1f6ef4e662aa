import { controllers } from "../controllers";
import { knownTopLevel } from "../rules/topLevel";
import * as rule from "../rules/values";
import { list, listItem, lowerCase, map, object, oneOf, optionalOneOf, optionalPort, optionalText } from "./values";

const name = [rule.kubernetesName];
const namespace = [rule.dnsLabel];
const host = [rule.domainName];

export const hosts = object(
  {
    mail: optionalText(
      {
        description: "The host for mail clients, web admin and JMAP",
        derived: "mail.<domain>",
        example: "mail.newjoy.ro",
      },
      [...host, knownTopLevel],
      lowerCase,
    ),
    webmail: optionalText(
      { description: "The host of the webmail", derived: "webmail.<domain>", example: "webmail.newjoy.ro" },
      host,
      lowerCase,
    ),
    autoconfig: optionalText(
      {
        description: "A host where Thunderbird and others find their settings: autoconfig.<domain>",
        derived: "none",
        example: "autoconfig.newjoy.ro",
      },
      host,
      lowerCase,
    ),
    autodiscover: optionalText(
      {
        description: "A host where Outlook finds its settings: autodiscover.<domain>",
        derived: "none",
        example: "autodiscover.newjoy.ro",
      },
      host,
      lowerCase,
    ),
  },
  { description: "The host names of the stack" },
);

const annotations = (what: string) =>
  map(rule.labelKey, [rule.noControlCharacters], {
    description: `Annotations on ${what}`,
    example: "example.org/name=value",
  });

export const ingress = object(
  {
    kind: oneOf(["Ingress", "Gateway"], "Ingress", {
      description: "How HTTP is exposed: with Ingresses, or with HTTPRoutes of the Gateway API",
      example: "Gateway",
    }),
    className: optionalText(
      {
        description: "The ingress class; without it the cluster's default class, and then ingress.controller is needed",
        derived: "none",
        example: "nginx",
      },
      name,
    ),
    controller: optionalOneOf(
      controllers,
      {
        description: `What serves the class or the Gateway: ${controllers.join(", ")}`,
        derived: "by class",
        example: "traefik",
      },
      `is not a known ingress controller; one of ${controllers.join(", ")}`,
    ),
    annotations: annotations("both Ingresses, or both HTTPRoutes"),
    namespace: optionalText(
      {
        description: "The namespace of the controller's pods: only it reaches the HTTP ports",
        derived: "by controller",
        example: "ingress-nginx",
      },
      namespace,
    ),
    port: optionalPort({
      description: "The port on which the controller's pods take https, for pods that ask the issuer through it",
      derived: "by controller",
      example: "8443",
    }),
    gateway: object(
      {
        name: optionalText(
          { description: "The Gateway that the routes attach to", derived: "none", example: "traefik-gateway" },
          name,
        ),
        namespace: optionalText({ description: "Its namespace", derived: "none", example: "kube-system" }, namespace),
        listeners: list(listItem(name), [], {
          description: "Its https listeners for the stack's hosts, by name",
          example: "websecure",
        }),
        redirectListener: optionalText(
          {
            description: "Its http listener, where the stack then redirects to https; without it nothing is done there",
            derived: "none",
            example: "web",
          },
          name,
        ),
        certificates: oneOf(["stack", "gateway"], "stack", {
          description: "Who manages the listeners' certificates: the stack, or the Gateway",
          example: "gateway",
        }),
        certificateNamespace: optionalText(
          {
            description: "The namespace in which the listeners look for the stack's certificates",
            derived: "namespace",
            example: "kube-system",
          },
          namespace,
        ),
      },
      { description: "The Gateway, with ingress.kind Gateway" },
    ),
  },
  { description: "How HTTP is exposed" },
);

export const tls = object(
  {
    issuer: optionalText(
      {
        description: "The cert-manager ClusterIssuer that issues the certificates; not together with tls.secretName",
        derived: "letsencrypt-prod",
        example: "letsencrypt-prod",
      },
      name,
    ),
    secretName: optionalText(
      {
        description: "An existing TLS Secret for all hosts, in the namespace; not together with tls.issuer",
        derived: "none",
        example: "newjoy-ro-tls",
      },
      name,
    ),
  },
  { description: "Where certificates come from" },
);

export const service = object(
  {
    type: oneOf(["LoadBalancer", "NodePort", "ClusterIP"], "LoadBalancer", {
      description: "The type of the Service for mail clients: LoadBalancer, NodePort or ClusterIP",
    }),
    annotations: annotations("that Service"),
    address: optionalText(
      { description: "A fixed IP address for a LoadBalancer", derived: "assigned", example: "192.168.1.25" },
      [rule.ipAddress],
    ),
    sourceRanges: list(listItem([rule.cidr]), [], {
      description: "Networks that may reach the mail ports of a LoadBalancer; empty means all",
      example: "192.168.0.0/16",
    }),
  },
  { description: "The Service for mail clients; it never has port 25" },
);
