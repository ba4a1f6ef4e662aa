import type { Deployed } from "../../../support/deploy";
import { annotationsOf, behind, objects } from "./sample";

describe("a stack with ingress-nginx, or a fork of it", () => {
  let stack: Deployed;
  beforeAll(async () => {
    stack = await behind({ className: "nginx" }, { hosts: { autoconfig: "autoconfig.newjoy.ro" } });
  });

  it("a stack with ingress-nginx, or a fork of it, has the Ingresses that it had when nginx was the only choice", () => {
    const labels = (app: string) => ({
      "app.kubernetes.io/name": app,
      "app.kubernetes.io/instance": app,
      "app.kubernetes.io/part-of": "homelab-mail",
      "app.kubernetes.io/managed-by": "pulumi",
    });
    const mail = { service: { name: "stalwart", port: { number: 8080 } } };
    const exact = (path: string) => ({ path, pathType: "Exact", backend: mail });
    expect(objects(stack, "Ingress")).toEqual({
      stalwart: {
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: {
          name: "stalwart",
          namespace: "stalwart-mail",
          labels: labels("stalwart"),
          annotations: {
            "pulumi.com/skipAwait": "true",
            "nginx.ingress.kubernetes.io/proxy-body-size": "64m",
            "nginx.ingress.kubernetes.io/proxy-read-timeout": "3600",
            "nginx.ingress.kubernetes.io/proxy-send-timeout": "3600",
          },
        },
        spec: {
          ingressClassName: "nginx",
          tls: [{ hosts: ["mail.newjoy.ro", "autoconfig.newjoy.ro"], secretName: "stalwart-tls" }],
          rules: [
            { host: "mail.newjoy.ro", http: { paths: [{ path: "/", pathType: "Prefix", backend: mail }] } },
            {
              host: "autoconfig.newjoy.ro",
              http: {
                paths: [exact("/mail/config-v1.1.xml"), exact("/.well-known/autoconfig/mail/config-v1.1.xml")],
              },
            },
          ],
        },
      },
      roundcube: {
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: {
          name: "roundcube",
          namespace: "stalwart-mail",
          labels: labels("roundcube"),
          annotations: {
            "pulumi.com/skipAwait": "true",
            "nginx.ingress.kubernetes.io/proxy-body-size": "34m",
          },
        },
        spec: {
          ingressClassName: "nginx",
          tls: [{ hosts: ["webmail.newjoy.ro"], secretName: "roundcube-tls" }],
          rules: [
            {
              host: "webmail.newjoy.ro",
              http: {
                paths: [
                  {
                    path: "/",
                    pathType: "Prefix",
                    backend: { service: { name: "roundcube", port: { name: "http" } } },
                  },
                ],
              },
            },
          ],
        },
      },
    });
  });

  it("a stack with ingress-nginx has no warning, and no object of another controller", () => {
    expect(stack.warnings).toEqual([]);
    for (const kind of ["Middleware", "HTTPRoute", "ReferenceGrant", "CiliumNetworkPolicy", "ClientSettingsPolicy"]) {
      expect(stack.recorder.kind(kind)).toEqual([]);
    }
  });
});

describe("a stack with Traefik", () => {
  let stack: Deployed;
  beforeAll(async () => {
    stack = await behind({ className: "traefik" }, { namespace: "family-mail" });
  });

  it("a stack with Traefik redirects plain http to https by a second Ingress for the same hosts", () => {
    const ingresses = objects(stack, "Ingress");
    expect(Object.keys(ingresses).sort()).toEqual(["roundcube", "roundcube-http", "stalwart", "stalwart-http"]);
    for (const name of ["roundcube", "stalwart"]) {
      const plain = ingresses[`${name}-http`];
      expect(plain.spec).not.toHaveProperty("tls");
      expect(plain.spec.rules).toEqual(ingresses[name].spec.rules);
      expect(plain.spec.ingressClassName).toBe("traefik");
    }
  });

  it("a stack with Traefik serves only the redirect over plain http, whatever the names of Traefik's entry points", () => {
    const ingresses = objects(stack, "Ingress");
    const prefix = "traefik.ingress.kubernetes.io";
    for (const name of ["roundcube", "stalwart"]) {
      expect(annotationsOf(ingresses[name])).toMatchObject({ [`${prefix}/router.tls`]: "true" });
      expect(annotationsOf(ingresses[`${name}-http`])).not.toHaveProperty([`${prefix}/router.tls`]);
      expect(annotationsOf(ingresses[`${name}-http`])).toMatchObject({ [`${prefix}/router.priority`]: "1" });
    }
  });

  it("a stack with Traefik refers to existing Middlewares by their namespace", () => {
    const middlewares = objects(stack, "Middleware");
    for (const ingress of Object.values(objects(stack, "Ingress"))) {
      const named = annotationsOf(ingress)["traefik.ingress.kubernetes.io/router.middlewares"] as string;
      const [, name = ""] = /^family-mail-(.+)@kubernetescrd$/.exec(named) ?? [];
      const { metadata, spec } = middlewares[name];
      expect(metadata.namespace).toBe("family-mail");
      expect(Object.keys(spec)).toEqual([ingress.spec.tls ? "headers" : "redirectScheme"]);
    }
    expect(Object.keys(middlewares)).toHaveLength(4);
  });

  it("a stack with Traefik redirects to https for good", () => {
    const { spec } = objects(stack, "Middleware")["roundcube-https"];
    expect(spec).toEqual({ redirectScheme: { scheme: "https", permanent: true } });
  });

  it("a stack with Traefik sets HSTS, and removes the forwarding headers of a client", () => {
    const { headers } = objects(stack, "Middleware")["stalwart-headers"].spec;
    expect(headers).toEqual({ stsSeconds: 31536000, customRequestHeaders: { Forwarded: "" } });
  });
});

describe("a stack without an ingress class", () => {
  it("a stack without an ingress class uses the cluster's default class, with its controller's annotations", async () => {
    const stack = await behind({ controller: "ingress-nginx" });
    for (const { spec, metadata } of Object.values(objects(stack, "Ingress"))) {
      expect(spec).not.toHaveProperty("ingressClassName");
      expect(metadata.annotations).toHaveProperty(["nginx.ingress.kubernetes.io/proxy-body-size"]);
    }
  });

  it("a stack whose ingress class is removed gets new Ingresses, because the API server chooses the default class only then", async () => {
    const options = ({ recorder }: Deployed) =>
      recorder
        .kind("Ingress")
        .map(({ deleteBeforeReplace, replaceOnChanges }) => [deleteBeforeReplace, replaceOnChanges]);
    const replaced = [true, ["spec.ingressClassName"]];
    expect(options(await behind({ controller: "ingress-nginx" }))).toEqual([replaced, replaced]);
    const kept = [false, []];
    expect(options(await behind({ className: "nginx" }))).toEqual([kept, kept]);
  });
});

describe("a stack with an unknown ingress class", () => {
  it("a stack with an unknown ingress class has only the configured annotations, and the preview warns about that", async () => {
    const ingress = { className: "edge", namespace: "edge", annotations: { "example.org/size": "64m" } };
    const stack = await behind(ingress);
    for (const object of Object.values(objects(stack, "Ingress"))) {
      expect(annotationsOf(object)).toEqual({ "example.org/size": "64m" });
    }
    expect(stack.warnings).toEqual([expect.stringMatching(/class edge: .* no annotations.*ingress\.controller/)]);
  });

  it("a stack with an unknown ingress class has the annotations of the configured controller", async () => {
    const stack = await behind({ className: "nginx-public", controller: "f5" });
    expect(annotationsOf(objects(stack, "Ingress").roundcube)).toMatchObject({
      "nginx.org/client-max-body-size": "34m",
    });
    expect(stack.warnings).toEqual([]);
  });
});
