import { readFileSync } from "node:fs";
import { forgedAddresses } from "../../../../components/exposure/forged";
import { type Controller, controllers } from "../../../../config/controllers";
import type { Ingress } from "../../../../config/types";
import { behind, gateway } from "./sample";

const ingress = (controller: Controller, more: Partial<Ingress> = {}): Ingress => ({
  controller,
  annotations: {},
  className: "any",
  namespace: "edge",
  port: 443,
  ...more,
});

/** The headers that the preview names, by controller. */
const told = (more: Partial<Ingress> = {}) =>
  Object.fromEntries(
    controllers.flatMap((controller) => {
      const said = forgedAddresses(ingress(controller, more));
      return said === undefined
        ? []
        : [[controller, [...said.matchAll(/`(X-Forwarded-For|Forwarded)`/g)].map((m) => m[1])]];
    }),
  );

test("the preview names the headers that each Ingress controller passes on", () => {
  expect(told()).toEqual({
    "ingress-nginx": ["Forwarded"],
    f5: ["Forwarded", "X-Forwarded-For"],
    cilium: ["Forwarded", "X-Forwarded-For"],
  });
});

test("the preview names the headers that each Gateway controller passes on", () => {
  expect(told({ gateway })).toEqual({ "nginx-gateway-fabric": ["X-Forwarded-For"] });
});

test("a snippet about a forged header removes the preview's remark about it", () => {
  const snippet = (text: string) => ({ annotations: { "nginx.org/location-snippets": text } });
  expect(told(snippet('proxy_set_header Forwarded "";'))).toEqual({
    f5: ["X-Forwarded-For"],
    cilium: ["X-Forwarded-For"],
  });
  // The server takes an address from this one, and does not get to the other.
  expect(told(snippet('proxy_set_header Forwarded "for=$remote_addr";'))).toEqual({});
});

test("the page that the remark about forged headers names has the section that it names", () => {
  expect(readFileSync(`${__dirname}/../../../../docs/reference/ingress-controllers.md`, "utf8")).toContain(
    "\n## Forged addresses\n",
  );
});

test("the preview remarks on forged headers with ingress-nginx, and has no remark with Traefik", async () => {
  expect((await behind({ className: "traefik" })).remarks).toEqual([]);
  const [said, ...more] = (await behind({ className: "nginx" })).remarks;
  expect(said).toContain("ingress-nginx passes on the `Forwarded` header of a client");
  expect(more).toEqual([]);
});
