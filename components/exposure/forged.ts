import type { Controller } from "../../config/controllers";
import type { Ingress } from "../../config/types";

type Header = "`Forwarded`" | "`X-Forwarded-For`";

/** Headers that clients can forge whatever the stack sets; docs/reference/ingress-controllers.md has the source of each. */
const forgeableHeaders: Readonly<
  Partial<Record<Controller, { ingress: readonly Header[]; gateway: readonly Header[] }>>
> = {
  "ingress-nginx": { ingress: ["`Forwarded`"], gateway: [] },
  f5: { ingress: ["`Forwarded`", "`X-Forwarded-For`"], gateway: [] },
  cilium: { ingress: ["`Forwarded`", "`X-Forwarded-For`"], gateway: [] },
  "nginx-gateway-fabric": { ingress: [], gateway: ["`X-Forwarded-For`"] },
};

/** The warning of a preview if a client can choose the address that is banned for its failed logins. */
export function forgedAddresses({ controller, gateway, annotations }: Ingress): string | undefined {
  const headers = forgeableHeaders[controller]?.[gateway ? "gateway" : "ingress"] ?? [];
  // A user's own snippet about a header shows that they have read the page. If it sets an address, the server uses only that one.
  const snippets = Object.values(annotations).join("\n");
  if (/Forwarded\s+"?for=/.test(snippets)) return undefined;
  const remaining = headers.filter((header) => !snippets.includes(`${header.slice(1, -1)} `));
  if (remaining.length === 0) return undefined;
  const named = `${remaining.join(" and ")} ${remaining.length > 1 ? "headers" : "header"}`;
  return (
    `${controller} passes on the ${named} of a client, and the mail server takes the client's address from there: ` +
    'bans for wrong passwords over the web can be avoided. docs/reference/ingress-controllers.md, "Forged addresses", says what to ' +
    "set at the controller; `npm run doctor` shows whether a forged header is believed."
  );
}
