import { z } from "zod";
import { controllers } from "./controllers";
import { defaultImages } from "./images";
import {
  choice,
  flag,
  item,
  type KeyDoc,
  list,
  listOfTexts,
  map,
  named,
  oneOf,
  optionalPort,
  optionalText,
  port,
  requiredText,
  section,
  text,
} from "./kinds";
import { monitoring } from "./monitoring";
import { authorityCertificates } from "./rules/certificates";
import { byteSize, cpuAmount } from "./rules/quantities";
import * as rule from "./rules/values";

const lowerCase = { lowerCase: true } as const;
const verbatim = { verbatim: true } as const;
const free = [rule.notEmpty, rule.noControlCharacters];
const hostRules = [rule.domainName];
const name = [rule.kubernetesName];

const secretDoc = (description: string): KeyDoc => ({ description, secret: true });

/** One mailbox: only its password must be given. */
export const mailbox = section(
  {
    password: requiredText(
      secretDoc("The provider's IMAP password of this mailbox"),
      [rule.notEmpty, rule.noControlCharacters],
      verbatim,
    ),
    address: optionalText(
      {
        description: "Its address, in the stack's domain; may be secret",
        derived: "<name>@<domain>",
        example: "kinga@newjoy.ro",
      },
      [rule.notEmpty, rule.noControlCharacters],
      lowerCase,
    ),
    displayName: optionalText(
      { description: "The person's name, for the server's list of accounts", derived: "<name>", example: "Kinga" },
      free,
    ),
    aliases: list(item([rule.notEmpty], lowerCase), [], {
      description: "More addresses in the domain that land in this mailbox, with or without the domain; may be secret",
      example: "boss",
    }),
    admin: flag(false, { description: "Whether this person administers the mail server", example: "true" }),
    keep: flag(false, { description: "Whether a copy stays at the provider", example: "true" }),
    folders: list(oneOf(["INBOX", "Junk"]), ["INBOX"], {
      description: "The provider's folders to fetch; INBOX always is, and Junk arrives in Junk",
      example: "Junk",
    }),
  },
  { description: "One mailbox; the name is yours to choose" },
);

const endpoint = (host: string, number: number, what: string) =>
  section(
    {
      host: text(host, { description: `The provider's ${what} server` }, [rule.serverHost], lowerCase),
      port: port(number, { description: `Its port; TLS from the first byte` }),
    },
    { description: `The provider's ${what} server` },
  );

const image = (reference: string, what: string, extra: readonly rule.Rule[] = []) =>
  text(reference, { description: `The image of ${what}, as repository:tag@sha256:digest` }, [
    rule.pinnedImage,
    ...extra,
  ]);

interface Amounts {
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly cpu: string; readonly memory: string };
}

const resources = (defaults: Amounts, what: string) => {
  const group = (kind: "requests" | "limits", verb: string) =>
    section(
      {
        cpu: text(defaults[kind].cpu, { description: `CPU that ${what} ${verb}` }, [cpuAmount]),
        memory: text(defaults[kind].memory, { description: `Memory that ${what} ${verb}` }, [byteSize]),
      },
      { description: `What ${what} ${verb}` },
    );
  return section(
    { requests: group("requests", "is promised"), limits: group("limits", "may use") },
    { description: `CPU and memory of ${what}` },
  );
};

const labels = (what: string) =>
  map(rule.labelKey, [rule.labelValue], {
    description: `Labels on ${what} volume claim, for example a Longhorn backup group`,
    example: "recurring-job-group.longhorn.io/mail=enabled",
  });

const annotations = (what: string) =>
  map(rule.labelKey, [rule.noControlCharacters], {
    description: `Annotations on ${what}`,
    example: "example.org/name=value",
  });

const namespaceRules = [rule.dnsLabel];

/** Everything that people can configure: names, meanings, defaults and the rules for each value on its own. */
export const schema = z.strictObject({
  domain: requiredText(
    { description: "The mail domain: what stands after the @", example: "newjoy.ro" },
    [rule.domainName],
    lowerCase,
  ),
  hosts: section(
    {
      mail: optionalText(
        {
          description: "The host for mail clients, web admin and JMAP",
          derived: "mail.<domain>",
          example: "mail.newjoy.ro",
        },
        hostRules,
        lowerCase,
      ),
      webmail: optionalText(
        { description: "The host of the webmail", derived: "webmail.<domain>", example: "webmail.newjoy.ro" },
        hostRules,
        lowerCase,
      ),
      autoconfig: optionalText(
        {
          description: "A host where mail clients find their settings",
          derived: "none",
          example: "autoconfig.newjoy.ro",
        },
        hostRules,
        lowerCase,
      ),
    },
    { description: "The names people reach the stack under" },
  ),
  namespace: text("stalwart-mail", { description: "The Kubernetes namespace, made by the stack" }, [
    rule.dnsLabel,
    rule.ownNamespace,
  ]),
  mailboxes: named(mailbox, { description: "The mailboxes, each under a name of your choice", required: true }),
  provider: section(
    { imap: endpoint("imap.migadu.com", 993, "IMAP"), smtp: endpoint("smtp.migadu.com", 465, "SMTP") },
    { description: "The mail provider's servers" },
  ),
  relay: section(
    {
      username: optionalText(
        {
          description: "The provider's SMTP login that all mail leaves through",
          derived: "service@<domain>",
          example: "service@newjoy.ro",
        },
        free,
      ),
      password: requiredText(secretDoc("Its password"), [rule.notEmpty, rule.noControlCharacters], verbatim),
    },
    { description: "The provider's SMTP login, which apps and people send through", required: true },
  ),
  identity: section(
    {
      issuer: text(
        "https://auth.newjoy.ro",
        { description: "The OpenID Connect issuer: https, no path, no slash at the end" },
        [rule.issuerUrl],
      ),
      name: text("Pocket ID", { description: "What the sign-in button calls the issuer" }, free),
      clientId: text(
        "stalwart-webui",
        {
          description:
            "The public PKCE client that webmail and mail admin share, so that other apps' tokens open no mail",
        },
        [rule.clientId],
      ),
      clientSecret: optionalText(
        { ...secretDoc("The client's secret, when the client is not public"), derived: "none" },
        [rule.notEmpty, rule.noControlCharacters],
        verbatim,
      ),
      apiKey: optionalText(
        {
          ...secretDoc("An API key of a Pocket ID administrator; with it the stack registers the client itself"),
          derived: "none",
        },
        [rule.notEmpty, rule.noControlCharacters],
        verbatim,
      ),
      allowedGroups: list(item([rule.notEmpty, rule.noControlCharacters]), [], {
        description:
          "Pocket ID groups whose members may sign in, when the stack registers the client; none lets all in",
        example: "family",
      }),
      onDestroy: choice(["keep", "remove"], "keep", {
        description: "What `pulumi destroy` does with the client at Pocket ID, when the stack registered it",
        example: "remove",
      }),
    },
    { description: "Single sign-on" },
  ),
  admin: section(
    {
      password: optionalText(
        { ...secretDoc("The password of Stalwart's recovery administrator, admin"), derived: "generated" },
        [rule.notEmpty, rule.noControlCharacters],
        verbatim,
      ),
    },
    { description: "The mail server's recovery administrator" },
  ),
  storage: section(
    {
      className: text("longhorn-ssd", { description: "The storage class of the mail volume" }, name),
      size: text("10Gi", { description: "The size of the mail volume; it can grow and never shrink" }, [byteSize]),
      labels: labels("the mail"),
      webmail: section(
        {
          className: optionalText(
            {
              description: "The storage class of the webmail's volume",
              derived: "storage.className",
              example: "longhorn-ssd",
            },
            name,
          ),
          size: text("1Gi", { description: "The size of the webmail's volume; it can grow and never shrink" }, [
            byteSize,
          ]),
          labels: labels("the webmail's"),
        },
        { description: "The webmail's volume, for its small database" },
      ),
    },
    { description: "The volumes" },
  ),
  ingress: section(
    {
      kind: choice(["Ingress", "Gateway"], "Ingress", {
        description: "How the stack asks for its way in: by Ingresses, or by HTTPRoutes of the Gateway API",
        example: "Gateway",
      }),
      className: optionalText(
        {
          description:
            "The ingress class; without it the cluster's default class, and then ingress.controller is needed",
          derived: "none",
          example: "nginx",
        },
        name,
      ),
      controller: optionalText(
        {
          description: `What serves the class or the Gateway: ${controllers.join(", ")}`,
          derived: "by class",
          example: "traefik",
        },
        [rule.knownController],
        lowerCase,
      ),
      annotations: annotations("both Ingresses, or both HTTPRoutes"),
      namespace: optionalText(
        {
          description: "The namespace of the controller's pods: only it reaches the HTTP ports",
          derived: "by controller",
          example: "ingress-nginx",
        },
        namespaceRules,
      ),
      port: optionalPort({
        description: "The port on which the controller's pods take https, for pods that ask the issuer through it",
        derived: "by controller",
        example: "8443",
      }),
      gateway: section(
        {
          name: optionalText(
            { description: "The Gateway that the routes attach to", derived: "none", example: "traefik-gateway" },
            name,
          ),
          namespace: optionalText(
            { description: "Its namespace", derived: "none", example: "kube-system" },
            namespaceRules,
          ),
          listeners: list(item(name), [], {
            description: "Its https listeners for the stack's hosts, by name",
            example: "websecure",
          }),
          redirectListener: optionalText(
            {
              description:
                "Its http listener, where the stack then redirects to https; without it nothing is done there",
              derived: "none",
              example: "web",
            },
            name,
          ),
          certificates: choice(["stack", "gateway"], "stack", {
            description:
              "Whose business the listeners' certificates are: the stack makes them, or the Gateway has its own",
            example: "gateway",
          }),
          certificateNamespace: optionalText(
            {
              description: "The namespace in which the listeners look for the stack's certificates",
              derived: "namespace",
              example: "kube-system",
            },
            namespaceRules,
          ),
        },
        { description: "The Gateway, with ingress.kind Gateway" },
      ),
    },
    { description: "How HTTP comes in" },
  ),
  tls: section(
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
  ),
  trust: section(
    {
      certificates: listOfTexts(item([rule.notEmpty, authorityCertificates]), {
        description:
          "Certificates of private authorities, in PEM form, that are trusted beside the public ones: by the mail server, the fetchers, the webmail and, at Pocket ID, this program",
        file: "ca.crt",
      }),
    },
    { description: "Whom the stack trusts beside the public certificate authorities" },
  ),
  service: section(
    {
      type: choice(["LoadBalancer", "NodePort", "ClusterIP"], "LoadBalancer", {
        description: "The type of the Service for mail clients: LoadBalancer, NodePort or ClusterIP",
      }),
      annotations: annotations("that Service"),
      address: optionalText(
        { description: "A fixed IP address for a LoadBalancer", derived: "assigned", example: "192.168.1.25" },
        [rule.ipAddress],
      ),
      sourceRanges: list(item([rule.cidr]), [], {
        description: "Networks that may reach the mail ports of a LoadBalancer; empty means all",
        example: "192.168.0.0/16",
      }),
    },
    { description: "The Service through which people's mail clients come; it never has port 25" },
  ),
  cluster: section(
    {
      networks: list(
        item([rule.cidr, rule.notEverybody, rule.narrowEnough]),
        ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
        {
          description: "Networks whose hosts may relay on port 25 with no login, and are never banned",
          example: "10.42.0.0/16",
        },
      ),
      relayNamespaces: list(item(namespaceRules), [], {
        description: "Namespaces whose pods may reach port 25; empty means every namespace",
        example: "nextcloud",
      }),
    },
    { description: "Which of the cluster's apps may send" },
  ),
  monitoring,
  images: section(
    {
      stalwart: image(defaultImages.stalwart, "the mail server (only 0.16 works)", [rule.supportedStalwart]),
      stalwartCli: image(defaultImages.stalwartCli, "its command line, which applies the settings (only 1.x works)", [
        rule.supportedStalwartCli,
      ]),
      fetchmail: image(defaultImages.fetchmail, "the fetchers (any with fetchmail 6.4 and Python 3)"),
      roundcube: image(defaultImages.roundcube, "the webmail (Roundcube 1.7, nonroot)"),
    },
    { description: "The images, each pinned by tag and digest" },
  ),
  resources: section(
    {
      stalwart: resources(
        { requests: { cpu: "100m", memory: "256Mi" }, limits: { cpu: "2", memory: "1Gi" } },
        "the mail server",
      ),
      settings: resources(
        { requests: { cpu: "10m", memory: "32Mi" }, limits: { cpu: "500m", memory: "128Mi" } },
        "each settings Job",
      ),
      fetchmail: resources(
        { requests: { cpu: "5m", memory: "32Mi" }, limits: { cpu: "500m", memory: "128Mi" } },
        "each fetcher",
      ),
      roundcube: resources(
        { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "1", memory: "512Mi" } },
        "the webmail",
      ),
    },
    { description: "CPU and memory" },
  ),
});

/** What people wrote, in its plain form, with the fixed defaults. */
export type Written = z.output<typeof schema>;
export type WrittenMailbox = z.output<typeof mailbox>;
