import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { defaultImages } from "../../../config/images";
import { type IssuerChoice, pocketIdImage } from "../../rig/environment/issuer";
import { appsNamespace, environmentNamespace, stackNamespace } from "../../rig/environment/names";

/** Where the suite runs, and with what. */
export interface Options {
  /** The user's cluster, with real images. @default a node on this machine, with fakes */
  readonly kubeconfig?: string;
  readonly issuer: IssuerChoice;
  readonly providerImage?: string;
  /** Provider and issuer in the cluster, as on the user's cluster. @default on an external host */
  readonly inCluster?: true;
  readonly config: Readonly<Record<string, string>>;
}

export const HELP = `npm run test:live [-- OPTIONS] [JEST'S OPTIONS]

The whole stack, deployed by the real engine to a real node: mail flows, and every scenario holds.
Without options the node is made on this machine (Linux, as root), with fakes of Stalwart and Pocket ID; mail provider
and issuer run on a host outside its cluster, in a network of their own.

  --in-cluster           provider and issuer in the node's cluster, as they are on a cluster of yours
  --kubeconfig FILE      a cluster of yours, and the real images
  --config KEY=VALUE     a configuration key of the stack, for example storage.className=standard; may be repeated
  --issuer URL           a Pocket ID that is there already, instead of one in the cluster; pods and this machine reach it
                         by this URL, on port 443 or 8443. The environment's POCKET_ID_API_KEY is an administrator's
                         API key: a user and a client are added, and removed at the end
  --issuer-ca FILE       the private CA (PEM) of that Pocket ID's certificate
  --provider-image NAME  an image with Dovecot 2.3 and Python 3, for the provider; the fetchers' image by default

What a cluster of yours needs:
  - NetworkPolicies that are enforced; a storage class (the default one, or storage.className); nodes that let pods set
    net.ipv4.ip_unprivileged_port_start, as Kubernetes allows by default
  - these images, pulled or imported:
      ${defaultImages.stalwart}
      ${defaultImages.stalwartCli}
      ${defaultImages.imapsync}
      ${defaultImages.roundcube}      (also browser access: its Apache)
      ${defaultImages.fetchmail}      (also the provider, and the pods that test connections)
      ${pocketIdImage}      (not with --issuer)
  - nothing of an earlier try: the namespaces ${stackNamespace}, ${environmentNamespace} and ${appsNamespace} are made, and
    removed at the end. An interrupted run is cleared by: npm run sandbox -- --live --stop --kubeconfig FILE

There the provider and, without --issuer, the issuer run in ${environmentNamespace}: nothing of yours has to be
reachable from the cluster, and its DNS knows them.
What needs a hand on the node's power or on its network's rules is done as far as the API lets it: there the power cut
kills every pod of the stack at once and deletes the issuer's, and policies are as late as they are by themselves. The
provider misbehaves there as well: its connections come to this machine for that, through the cluster's API.
`;

/** Splits the command line into what is meant for the suite and what goes to jest. Fails with one line. */
export function read(args: readonly string[], environment: NodeJS.ProcessEnv): { options: Options; jest: string[] } {
  const own = {
    kubeconfig: { type: "string" },
    config: { type: "string", multiple: true },
    issuer: { type: "string" },
    "issuer-ca": { type: "string" },
    "provider-image": { type: "string" },
    "in-cluster": { type: "boolean" },
  } as const;
  const mine: string[] = [];
  const jest: string[] = [];
  for (let n = 0; n < args.length; n++) {
    const name = /^--([a-z-]+)/.exec(args[n] as string)?.[1] ?? "";
    if (!(name in own)) jest.push(args[n] as string);
    else if (own[name as keyof typeof own].type === "boolean") mine.push(args[n] as string);
    else if ((args[n] as string).includes("=") && name !== "config") mine.push(args[n] as string);
    else mine.push(args[n] as string, args[++n] ?? "");
  }
  const { values } = parseArgs({ args: mine, options: own });
  const { kubeconfig, issuer: url, "issuer-ca": ca, "provider-image": providerImage, "in-cluster": inCluster } = values;
  const apiKey = environment.POCKET_ID_API_KEY;
  if (inCluster && kubeconfig) throw new Error("--in-cluster is how it is with --kubeconfig: leave it out");
  for (const [option, value] of Object.entries({ ...values, config: undefined, "in-cluster": undefined })) {
    if (option !== "kubeconfig" && value !== undefined && !kubeconfig)
      throw new Error(`--${option} needs --kubeconfig`);
  }
  if (ca && !url) throw new Error("--issuer-ca needs --issuer");
  if (url && !apiKey)
    throw new Error("--issuer needs an administrator's API key in the environment: POCKET_ID_API_KEY");
  const existing = url &&
    apiKey && { kind: "existing" as const, url, apiKey, ...(ca && { ca: readFileSync(ca, "utf8") }) };
  const pairs = (values.config ?? []).map((pair): [string, string] => {
    const [key = "", ...rest] = pair.split("=");
    if (rest.length === 0) throw new Error(`--config ${pair}: write KEY=VALUE`);
    return [key, rest.join("=")];
  });
  return {
    options: {
      ...(kubeconfig && { kubeconfig: resolve(kubeconfig) }),
      issuer: existing || { kind: kubeconfig ? "pocket-id" : "fake" },
      ...(providerImage && { providerImage }),
      ...(inCluster && { inCluster }),
      config: Object.fromEntries(pairs),
    },
    jest,
  };
}
