import type { policies } from "../../../../components/network/policies";

type Policies = ReturnType<typeof policies>;
type Labels = Readonly<Record<string, string>>;

/** A pod, by its namespace and its labels. */
export interface Pod {
  readonly namespace: string;
  readonly labels: Labels;
}
/** A server that is not a pod, so that no selector of a policy matches it. */
export const outside = "outside";

/** A policy as plain data, with what the plugin reads of it. */
interface Spec {
  readonly podSelector: { readonly matchLabels?: Labels };
  readonly policyTypes: readonly string[];
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}
interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly protocol?: string; readonly port?: number }[];
}
interface Peer {
  readonly podSelector?: { readonly matchLabels?: Labels };
  readonly namespaceSelector?: { readonly matchLabels?: Labels };
}

const matches = (selector: { readonly matchLabels?: Labels } | undefined, labels: Labels): boolean =>
  Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value);

/** Decides on connections as a network plugin does: a pod that a policy selects may do what some policy allows, and no more. */
export class Enforced {
  private readonly specs: readonly Spec[];

  constructor(
    rendered: Policies,
    private readonly namespace: string,
  ) {
    this.specs = Object.values(JSON.parse(JSON.stringify(rendered)) as Record<string, Spec>);
  }

  allows(from: Pod, to: Pod | typeof outside, port: number, protocol = "TCP"): boolean {
    return this.side("Egress", from, to, port, protocol) && (to === outside || this.letsIn(from, to, port, protocol));
  }

  /** Only the side of the pod that is reached. */
  letsIn(from: Pod, to: Pod, port: number, protocol = "TCP"): boolean {
    return this.side("Ingress", to, from, port, protocol);
  }

  /** Only the side of the pod that connects. */
  letsOut(from: Pod, to: Pod, port: number, protocol = "TCP"): boolean {
    return this.side("Egress", from, to, port, protocol);
  }

  private side(type: "Egress" | "Ingress", own: Pod, other: Pod | typeof outside, port: number, protocol: string) {
    if (own.namespace !== this.namespace) return true;
    const selected = this.specs.filter(
      (spec) => spec.policyTypes.includes(type) && matches(spec.podSelector, own.labels),
    );
    const rules = selected.flatMap((spec) => (type === "Egress" ? spec.egress : spec.ingress) ?? []);
    return (
      selected.length === 0 ||
      rules.some((rule) => {
        const peers = type === "Egress" ? rule.to : rule.from;
        const onPort =
          rule.ports?.some((each) => [undefined, port].includes(each.port) && (each.protocol ?? "TCP") === protocol) ??
          true;
        return onPort && (peers?.some((peer) => this.isPeer(peer, other)) ?? true);
      })
    );
  }

  private isPeer({ podSelector, namespaceSelector }: Peer, pod: Pod | typeof outside): boolean {
    if (pod === outside) return false;
    const inside = namespaceSelector
      ? matches(namespaceSelector, { "kubernetes.io/metadata.name": pod.namespace })
      : pod.namespace === this.namespace;
    return inside && matches(podSelector, pod.labels);
  }
}
