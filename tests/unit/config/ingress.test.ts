import { fixed } from "./commands";
import { loaded, reportOf, working } from "./support";

const ingressOf = (ingress: object) => loaded({ ...working, ingress }).ingress;
const report = (ingress: object, more: object = {}): string => reportOf({ ...working, ...more, ingress });
const gateway = { name: "home", namespace: "edge", listeners: ["https"] };

describe("a stack from a version in which nginx was the default", () => {
  const { ingress: _, ...old } = working;

  it("a stack from a version with nginx as the default and without ingress keys gets the command for ingress.className, and then keeps its class", () => {
    expect(reportOf(old)).toContain("earlier versions defaulted to nginx");
    expect(reportOf(old)).toContain("$ pulumi config set --path ingress.className nginx\n");
    expect(loaded(fixed(old)).ingress).toEqual(ingressOf({ className: "nginx" }));
  });

  it("a stack from a version with nginx as the default and with other ingress keys gets the command for ingress.className", () => {
    for (const ingress of [{}, { annotations: { "example.org/x": "y" } }, { namespace: "ingress-nginx" }]) {
      expect(reportOf({ ...old, ingress })).toContain("$ pulumi config set --path ingress.className nginx\n");
    }
  });

  it("a stack from a version with nginx as the default stays valid when it has ingress.className", () => {
    const same = { controller: "ingress-nginx", namespace: "ingress-nginx", port: 443 };
    expect(ingressOf({ className: "nginx" })).toEqual({ className: "nginx", annotations: {}, ...same });
  });

  it("a stack needs ingress.namespace when no known controller has its class", () => {
    expect(report({ className: "nginx-public" })).toMatch(
      /ingress\.namespace +is missing: the namespace of the controller of class nginx-public is unknown/,
    );
    expect(ingressOf({ className: "nginx-public", namespace: "web" })).toMatchObject({ controller: "other" });
    expect(ingressOf({ className: "nginx-public", controller: "ingress-nginx" })).toMatchObject({
      namespace: "ingress-nginx",
    });
  });
});

describe("the controller's namespace and port", () => {
  it.each([
    ["traefik", "kube-system", 8443],
    ["haproxy", "haproxy-controller", 8443],
    ["cilium", "kube-system", 443],
  ])("the ingress controller's namespace and port follow from the class %s", (className, namespace, port) => {
    expect(ingressOf({ className })).toMatchObject({ controller: className, namespace, port });
  });

  it("the ingress controller's namespace and port can be set for every controller", () => {
    expect(ingressOf({ className: "traefik", namespace: "traefik", port: "9443" })).toMatchObject({
      controller: "traefik",
      namespace: "traefik",
      port: 9443,
    });
  });

  it("the controller's namespace and port default to the Gateway's namespace and 443 for a controller without a default", () => {
    expect(ingressOf({ kind: "Gateway", gateway })).toMatchObject({
      controller: "other",
      namespace: "edge",
      port: 443,
    });
    expect(ingressOf({ kind: "Gateway", controller: "envoy-gateway", gateway })).toMatchObject({
      namespace: "envoy-gateway-system",
      port: 10443,
    });
  });

  it.each([
    ["ingress-nginx", ["Ingress"], "ingress-nginx", 443],
    ["traefik", ["Ingress", "Gateway"], "kube-system", 8443],
    ["haproxy", ["Ingress"], "haproxy-controller", 8443],
    ["haproxy-ingress", ["Ingress", "Gateway"], "ingress-controller", 443],
    ["f5", ["Ingress"], "nginx-ingress", 443],
    ["cilium", ["Ingress", "Gateway"], "kube-system", 443],
    ["envoy-gateway", ["Gateway"], "envoy-gateway-system", 10443],
    ["nginx-gateway-fabric", ["Gateway"], "edge", 443],
  ])(
    "the ingress controller %s serves %j, in its usual namespace and on its usual port",
    (controller, kinds, namespace, port) => {
      const each = { Ingress: { className: "any", controller }, Gateway: { kind: "Gateway", controller, gateway } };
      const serves = Object.entries(each).flatMap(([kind, ingress]) => (report(ingress) === "" ? [kind] : []));
      expect(serves).toEqual(kinds);
      for (const kind of serves)
        expect(ingressOf(each[kind as keyof typeof each])).toMatchObject({ controller, namespace, port });
    },
  );

  it("the namespace and port are known for the controllers in the list, and another controller is refused", () => {
    expect(report({ controller: "apache" })).toMatch(
      /ingress\.controller +"apache" is not a known ingress controller; one of/,
    );
  });
});

describe("ingress.kind Gateway", () => {
  it("ingress.kind Gateway needs the name, the namespace and the listeners of the Gateway", () => {
    const text = report({ kind: "Gateway" });
    for (const key of ["name", "namespace", "listeners"]) {
      expect(text).toMatch(new RegExp(`ingress\\.gateway\\.${key} +is missing; ingress\\.kind Gateway needs it`));
    }
    expect(reportOf(fixed({ ...working, ingress: { kind: "Gateway" } }))).toBe("");
  });

  it("ingress.kind Gateway reports only the keys of the Gateway that are missing", () => {
    for (const key of ["name", "namespace", "listeners"] as const) {
      const { [key]: _, ...others } = gateway;
      const missing = [...report({ kind: "Gateway", gateway: others }).matchAll(/gateway\.(\w+) +is missing/g)];
      expect(missing.map(([, name]) => name)).toEqual([key]);
    }
  });

  it("ingress.kind Gateway refuses a class, and kind Ingress refuses the keys of a Gateway", () => {
    expect(report({ kind: "Gateway", className: "nginx", gateway })).toMatch(
      /ingress\.className +"nginx" does nothing with ingress\.kind Gateway/,
    );
    const keys = { ...gateway, redirectListener: "http", certificateNamespace: "edge" };
    const unused = [
      ...report({ className: "nginx", gateway: keys }).matchAll(
        /ingress\.gateway\.(\w+) .*does nothing with ingress\.kind Ingress/g,
      ),
    ].map(([, key]) => key);
    expect(unused.sort()).toEqual(Object.keys(keys).sort());
  });

  it("ingress.kind Gateway refuses a certificate namespace that has no effect", () => {
    const elsewhere = { ...gateway, certificateNamespace: "edge" };
    expect(ingressOf({ kind: "Gateway", gateway: elsewhere }).gateway).toMatchObject({
      certificateNamespace: "edge",
      grant: false,
    });
    expect(
      ingressOf({ kind: "Gateway", gateway: { ...gateway, certificateNamespace: "stalwart-mail" } }).gateway,
    ).toEqual({
      ...gateway,
      certificates: "stack",
      grant: true,
    });
    const key = /gateway\.certificateNamespace +"edge" does nothing with/;
    expect(report({ kind: "Gateway", gateway: { ...elsewhere, certificates: "gateway" } })).toMatch(key);
    expect(report({ kind: "Gateway", gateway: elsewhere }, { tls: { secretName: "wildcard" } })).toMatch(key);
  });
});
