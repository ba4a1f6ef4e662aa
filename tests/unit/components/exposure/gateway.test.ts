import { routes } from "../../../../components/exposure/gateway";
import { controllers } from "../../../../config/controllers";
import type { Deployed } from "../../../support/deploy";
import { behind, gateway, gatewayConfig, mail, objects } from "./sample";

const parent = (sectionName: string) => ({ name: "home", namespace: "edge", sectionName });

describe("a stack behind a Gateway", () => {
  let stack: Deployed;
  beforeAll(async () => {
    const hosts = { autoconfig: "autoconfig.newjoy.ro" };
    stack = await behind({ kind: "Gateway", gateway: gatewayConfig, annotations: { "example.org/x": "y" } }, { hosts });
  });

  it("a stack behind a Gateway has routes and no Ingress", () => {
    expect(stack.recorder.kind("Ingress")).toEqual([]);
    expect(Object.keys(objects(stack, "HTTPRoute")).sort()).toEqual([
      "roundcube",
      "roundcube-http",
      "stalwart",
      "stalwart-autoconfig.newjoy.ro",
      "stalwart-http",
    ]);
  });

  it("a stack behind a Gateway serves the same hosts and paths as with Ingresses, over https, by Services and ports that exist", () => {
    const { stalwart, roundcube, "stalwart-autoconfig.newjoy.ro": autoconfig } = objects(stack, "HTTPRoute");
    const served = ({ spec }: typeof stalwart) => [
      spec.hostnames,
      spec.rules[0].matches.map((m: { path: { type: string; value: string } }) => `${m.path.type} ${m.path.value}`),
      spec.rules[0].backendRefs,
    ];
    expect(served(stalwart)).toEqual([["mail.newjoy.ro"], ["PathPrefix /"], [{ name: "stalwart", port: 8080 }]]);
    expect(served(roundcube)).toEqual([["webmail.newjoy.ro"], ["PathPrefix /"], [{ name: "roundcube", port: 80 }]]);
    expect(served(autoconfig)).toEqual([
      ["autoconfig.newjoy.ro"],
      ["Exact /mail/config-v1.1.xml", "Exact /.well-known/autoconfig/mail/config-v1.1.xml"],
      [{ name: "stalwart", port: 8080 }],
    ]);
    for (const { spec } of [stalwart, roundcube, autoconfig]) {
      expect(spec.parentRefs).toEqual([parent("https")]);
      for (const { name, port } of spec.rules[0].backendRefs) {
        const { ports } = stack.recorder.object("Service", name).inputs.spec;
        expect(ports.map((p: { port: number }) => p.port)).toContain(port);
      }
    }
  });

  it("a stack behind a Gateway redirects plain http to https for every host", () => {
    const { "stalwart-http": http } = objects(stack, "HTTPRoute");
    expect(http.spec).toEqual({
      parentRefs: [parent("http")],
      hostnames: ["mail.newjoy.ro", "autoconfig.newjoy.ro"],
      rules: [{ filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }] }],
    });
  });

  it("a stack lets its Gateway read the certificates, and no other Secret", () => {
    const grants = objects(stack, "ReferenceGrant");
    expect(Object.values(grants).map(({ metadata, spec }) => [metadata.namespace, spec.from, spec.to])).toEqual(
      ["stalwart-tls", "roundcube-tls"].map((name) => [
        "stalwart-mail",
        [{ group: "gateway.networking.k8s.io", kind: "Gateway", namespace: "edge" }],
        [{ group: "", kind: "Secret", name }],
      ]),
    );
  });

  it("a stack behind a Gateway serves each discovery host by a route of its own, and no route matches every host", async () => {
    const hosts = { autoconfig: "autoconfig.newjoy.ro", autodiscover: "autodiscover.newjoy.ro" };
    const found = await behind({ kind: "Gateway", gateway: gatewayConfig }, { hosts });
    const all = objects(found, "HTTPRoute");
    expect(
      Object.keys(all)
        .filter((name) => name.startsWith("stalwart-discovery"))
        .sort(),
    ).toEqual(["stalwart-discovery-autodiscover.newjoy.ro", "stalwart-discovery-http"]);
    for (const { spec } of Object.values(all)) expect(spec.hostnames.length).toBeGreaterThan(0);
    expect(Object.values(objects(found, "ReferenceGrant")).map(({ spec }) => spec.to[0].name)).toContain(
      "stalwart-discovery-tls",
    );
  });

  it("a stack behind a Gateway sets the configured annotations on every route, and waits for no controller", () => {
    for (const { metadata } of Object.values(objects(stack, "HTTPRoute"))) {
      expect(metadata.annotations).toEqual({ "example.org/x": "y", "pulumi.com/skipAwait": "true" });
    }
  });

  it("the preview warns that nothing beyond the Gateway API is configured for an unknown Gateway controller", () => {
    expect(stack.warnings).toEqual([expect.stringContaining("Gateway edge/home: its controller is unknown")]);
  });
});

describe("a listener's certificates", () => {
  const certificates = ({ recorder }: Deployed) =>
    recorder
      .kind("Certificate")
      .map(({ inputs }) => `${inputs.metadata.namespace}/${inputs.metadata.name}`)
      .sort();
  const withGateway = (more: object, tls = {}) =>
    behind({ kind: "Gateway", controller: "traefik", gateway: { ...gatewayConfig, ...more } }, { tls });

  it("a listener's certificates stay the same objects when a stack changes from Ingresses to a Gateway", async () => {
    const identity = (stack: Deployed) =>
      stack.recorder.kind("Certificate").map(({ urn, inputs }) => ({ urn, inputs }));
    expect(identity(await withGateway({}))).toEqual(identity(await behind({ className: "nginx" })));
  });

  it("a listener's certificates are issued in the namespace that it reads, and the mail server keeps its own", async () => {
    const stack = await withGateway({ certificateNamespace: "edge" });
    expect(certificates(stack)).toEqual(["edge/roundcube-tls", "edge/stalwart-tls", "stalwart-mail/stalwart-tls"]);
    expect(stack.recorder.kind("ReferenceGrant")).toEqual([]); // the Gateway is in that namespace
  });

  it("a listener's certificates in any third namespace need a grant", async () => {
    const stack = await withGateway({ certificateNamespace: "certificates" });
    const places = Object.values(objects(stack, "ReferenceGrant")).map(({ metadata }) => metadata.namespace);
    expect(places).toEqual(["certificates", "certificates"]);
  });

  it("no certificates are issued for a Gateway that has its own; only the mail server's is", async () => {
    const stack = await withGateway({ certificates: "gateway" });
    expect(certificates(stack)).toEqual(["stalwart-mail/stalwart-tls"]);
    expect(stack.recorder.kind("ReferenceGrant")).toEqual([]);
  });

  it("a listener's certificates may be read from an existing Secret", async () => {
    const stack = await withGateway({}, { secretName: "wildcard" });
    expect(certificates(stack)).toEqual([]);
    const named = Object.values(objects(stack, "ReferenceGrant")).map(({ spec }) => spec.to[0].name);
    expect(named).toEqual(["wildcard", "wildcard"]);
  });
});

describe("each controller of Gateways", () => {
  // biome-ignore lint/suspicious/noExplicitAny: rendered objects, read as plain data
  const rule = (controller: (typeof controllers)[number]): any => {
    const [route] = routes(mail, gateway, controller) as { spec: { rules?: object[] } }[];
    return route?.spec.rules?.[0];
  };

  it("each Gateway controller sets HSTS, and removes the forwarding headers of a client", () => {
    const envoy = { set: [{ name: "Forwarded", value: "for=%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%" }] };
    for (const controller of controllers) {
      const requestHeaderModifier = /envoy|cilium/.test(controller) ? envoy : { remove: ["Forwarded"] };
      expect(rule(controller).filters).toEqual([
        { type: "RequestHeaderModifier", requestHeaderModifier },
        {
          type: "ResponseHeaderModifier",
          responseHeaderModifier: { set: [{ name: "Strict-Transport-Security", value: "max-age=31536000" }] },
        },
      ]);
    }
  });

  it("a route has no request timeout, if the Gateway controller supports that", () => {
    for (const controller of ["other", "envoy-gateway", "cilium", "traefik"] as const) {
      expect(rule(controller).timeouts).toEqual({ request: "0s" });
    }
    expect(rule("nginx-gateway-fabric")).not.toHaveProperty("timeouts");
  });

  it("NGINX Gateway Fabric gets a policy for the request size", () => {
    const sizes = routes(mail, gateway, "nginx-gateway-fabric").filter(({ kind }) => kind === "ClientSettingsPolicy");
    expect(sizes).toMatchObject([{ apiVersion: "gateway.nginx.org/v1alpha1", name: "stalwart" }]);
    expect(sizes.map(({ spec }) => spec)).toEqual([
      {
        targetRef: { group: "gateway.networking.k8s.io", kind: "HTTPRoute", name: "stalwart" },
        body: { maxSize: "64m" },
      },
    ]);
  });

  it("the hosts that a Gateway redirects are divided among routes of at most 16, each with a name of its own", () => {
    const hosts = Array.from({ length: 33 }, (_, n) => ({ name: `host${n}.newjoy.ro`, paths: ["/mail"] }));
    const redirects = routes({ ...mail, hosts }, gateway, "other").filter(({ name }) =>
      name.startsWith("stalwart-http"),
    );
    expect(redirects.map(({ name }) => name)).toEqual(["stalwart-http", "stalwart-http-2", "stalwart-http-3"]);
    const named = redirects.map(({ spec }) => (spec as { hostnames: string[] }).hostnames);
    expect(named.map(({ length }) => length)).toEqual([16, 16, 1]);
    expect(named.flat()).toEqual(hosts.map(({ name }) => name));
  });

  it("a Gateway without a listener for plain http has no redirect", () => {
    const { redirectListener, ...quiet } = gateway;
    expect(redirectListener).toBe("http");
    expect(routes(mail, quiet, "other").map(({ name }) => name)).toEqual(["stalwart", "stalwart-auto.newjoy.ro"]);
  });
});
