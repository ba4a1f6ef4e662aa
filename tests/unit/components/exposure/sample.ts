import { mailEndpoint } from "../../../../components/mailserver/services";
import { sizeLimits } from "../../../../config/limits";
import type { Gateway } from "../../../../config/types";
import { type Deployed, deploy, type RawConfig, threeMailboxes } from "../../../support/deploy";

/** The whole stack behind another Ingress or Gateway. */
export const behind = (ingress: RawConfig, more: RawConfig = {}): Promise<Deployed> =>
  deploy({ ...threeMailboxes, ...more, ingress });

export const gatewayConfig = { name: "home", namespace: "edge", listeners: ["https"], redirectListener: "http" };

/** The mail server's endpoint, with an autoconfiguration host. */
export const mail = mailEndpoint(
  { mail: "mail.newjoy.ro", webmail: "w", autoconfig: "auto.newjoy.ro" },
  "stalwart-tls",
  sizeLimits(40),
);

export const gateway: Gateway = { ...gatewayConfig, certificates: "stack", grant: true };

/** Objects of a kind by name, with what they say. */
// biome-ignore lint/suspicious/noExplicitAny: rendered objects, read as plain data
export const objects = ({ recorder }: Deployed, kind: string): Record<string, any> =>
  Object.fromEntries(recorder.kind(kind).map(({ inputs }) => [inputs.metadata.name, inputs]));

/** Annotations that are not the engine's. */
export const annotationsOf = (object: { metadata: { annotations: Record<string, string> } }) =>
  Object.fromEntries(Object.entries(object.metadata.annotations).filter(([key]) => !key.startsWith("pulumi.com/")));
