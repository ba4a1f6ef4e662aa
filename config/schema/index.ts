import { z } from "zod";
import { named, requiredText, text } from "../kinds";
import { monitoring } from "../monitoring";
import * as rule from "../rules/values";
import { cluster, images, resources, storage } from "./cluster";
import { mailbox, provider, relay } from "./mail";
import { admin, hosts, identity } from "./people";
import { lowerCase } from "./shared";
import { ingress, service, tls, trust } from "./wayIn";

export { mailbox };

/** Everything that people can configure: names, meanings, defaults and the rules for each value on its own. */
export const schema = z.strictObject({
  domain: requiredText(
    { description: "The mail domain: what stands after the @", example: "newjoy.ro" },
    [rule.domainName],
    lowerCase,
  ),
  hosts,
  namespace: text("stalwart-mail", { description: "The Kubernetes namespace, made by the stack" }, [
    rule.dnsLabel,
    rule.ownNamespace,
  ]),
  mailboxes: named(mailbox, { description: "The mailboxes, each under a name of your choice", required: true }),
  provider,
  relay,
  identity,
  admin,
  storage,
  ingress,
  tls,
  trust,
  service,
  cluster,
  monitoring,
  images,
  resources,
});

/** What people wrote, in its plain form, with the fixed defaults. */
export type Written = z.output<typeof schema>;
export type WrittenMailbox = z.output<typeof mailbox>;
