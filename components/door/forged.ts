import type { Controller } from "../../config/controllers";
import type { Ingress } from "../../config/types";

type Header = "`Forwarded`" | "`X-Forwarded-For`";

/** Headers of a client's own that get through, whatever the stack sets; each with its source in docs/reference/ingress-controllers.md. */
const letThrough: Readonly<Partial<Record<Controller, { ingress: readonly Header[]; gateway: readonly Header[] }>>> = {
  "ingress-nginx": { ingress: ["`Forwarded`"], gateway: [] },
  f5: { ingress: ["`Forwarded`", "`X-Forwarded-For`"], gateway: [] },
  cilium: { ingress: ["`Forwarded`", "`X-Forwarded-For`"], gateway: [] },
  "nginx-gateway-fabric": { ingress: [], gateway: ["`X-Forwarded-For`"] },
};

/** What the preview says where a client can choose the address that is banned for its guesses. */
export function forgedAddresses({ controller, gateway, annotations }: Ingress): string | undefined {
  const headers = letThrough[controller]?.[gateway ? "gateway" : "ingress"] ?? [];
  // Somebody who has a snippet about it has read the page. Where it gives an address, only that one counts.
  const own = Object.values(annotations).join("\n");
  if (/(^|[^-])Forwarded\s+"?for=/.test(own)) return undefined;
  const left = headers.filter((header) => !own.includes(`${header.slice(1, -1)} `));
  if (left.length === 0) return undefined;
  return (
    `${controller} lets a client's own ${left.join(" and ")} through, and the mail server believes it about addresses: bans for ` +
    'wrong passwords over the web can be avoided. docs/reference/ingress-controllers.md, "Forged addresses", says what to set at the ' +
    "controller; `npm run doctor` shows whether it is believed."
  );
}
