import { fixed } from "./commands";
import { loaded, reportOf, working } from "./support";

const ingressOf = (ingress: object) => loaded({ ...working, ingress }).ingress;
const report = (ingress: object, more: object = {}): string => reportOf({ ...working, ...more, ingress });
const gateway = { name: "home", namespace: "edge", listeners: ["https"] };

describe("a stack from the time when nginx was the only choice", () => {
  const { ingress: _, ...old } = working;

  it("is told what to set when it never named its class, and then has the class that it had", () => {
    expect(reportOf(old)).toContain("earlier versions defaulted to nginx");
    expect(reportOf(old)).toContain("$ pulumi config set --path ingress.className nginx\n");
    expect(loaded(fixed(old)).ingress).toEqual(ingressOf({ className: "nginx" }));
  });

  it("is told so too when it has set other things of its way in", () => {
    for (const ingress of [{}, { annotations: { "example.org/x": "y" } }, { namespace: "ingress-nginx" }]) {
      expect(reportOf({ ...old, ingress })).toContain("$ pulumi config set --path ingress.className nginx\n");
    }
  });

  it("goes on when it named it", () => {
    const same = { controller: "ingress-nginx", namespace: "ingress-nginx", port: 443 };
    expect(ingressOf({ className: "nginx" })).toEqual({ className: "nginx", annotations: {}, ...same });
  });

  it("with a class of another name is told to say where its controller is", () => {
    expect(report({ className: "nginx-public" })).toMatch(
      /ingress\.namespace +is missing: the namespace of the controller of class nginx-public is unknown/,
    );
    expect(ingressOf({ className: "nginx-public", namespace: "web" })).toMatchObject({ controller: "other" });
    expect(ingressOf({ className: "nginx-public", controller: "ingress-nginx" })).toMatchObject({
      namespace: "ingress-nginx",
    });
  });
});

describe("where the controller is", () => {
  it.each([
    ["traefik", "kube-system", 8443],
    ["haproxy", "haproxy-controller", 8443],
    ["cilium", "kube-system", 443],
  ])("follows from the class %s", (className, namespace, port) => {
    expect(ingressOf({ className })).toMatchObject({ controller: className, namespace, port });
  });

  it("can be set", () => {
    expect(ingressOf({ className: "traefik", namespace: "traefik", port: "9443" })).toMatchObject({
      controller: "traefik",
      namespace: "traefik",
      port: 9443,
    });
  });

  it("is the Gateway's own namespace where nothing else is known", () => {
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

  it("must be one that is known, or other", () => {
    expect(report({ controller: "apache" })).toMatch(
      /ingress\.controller +"apache" is not a known ingress controller; one of/,
    );
  });
});

describe("a Gateway", () => {
  it("is named with its namespace and its listeners", () => {
    const text = report({ kind: "Gateway" });
    for (const key of ["name", "namespace", "listeners"]) {
      expect(text).toMatch(new RegExp(`ingress\\.gateway\\.${key} +is missing; ingress\\.kind Gateway needs it`));
    }
    expect(reportOf(fixed({ ...working, ingress: { kind: "Gateway" } }))).toBe("");
  });

  it("has no class, and an Ingress has no Gateway", () => {
    expect(report({ kind: "Gateway", className: "nginx", gateway })).toMatch(
      /ingress\.className +"nginx" does nothing with ingress\.kind Gateway/,
    );
    expect(report({ className: "nginx", gateway })).toMatch(
      /gateway\.name +"home" does nothing with ingress\.kind Ingress/,
    );
  });

  it("reads the certificates in one place", () => {
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
