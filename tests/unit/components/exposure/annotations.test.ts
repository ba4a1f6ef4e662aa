import { settingsFor } from "../../../../components/exposure/annotations";
import type { HttpEndpoint } from "../../../../components/exposure/types";
import { type Controller, controllers } from "../../../../config/controllers";
import { mail } from "./sample";

const webmail: HttpEndpoint = { ...mail, name: "roundcube", requirements: { maxBodySize: "34m" } };
const annotations = (controller: Controller, endpoint: HttpEndpoint = mail) =>
  settingsFor(controller, endpoint, "stalwart-mail").annotations;

/** Rows of docs/reference/ingress-controllers.md: what is set, for push and for the size of requests. */
const rows: readonly (readonly [Controller, Readonly<Record<string, string>>])[] = [
  [
    "ingress-nginx",
    {
      "nginx.ingress.kubernetes.io/proxy-body-size": "64m",
      "nginx.ingress.kubernetes.io/proxy-read-timeout": "3600",
      "nginx.ingress.kubernetes.io/proxy-send-timeout": "3600",
    },
  ],
  [
    "haproxy",
    {
      "haproxy.org/ssl-redirect": "true",
      "haproxy.org/ssl-redirect-code": "301",
      "haproxy.org/ssl-redirect-port": "443",
      "haproxy.org/response-set-header": 'Strict-Transport-Security "max-age=31536000"',
      "haproxy.org/forwarded-for": "false",
      "haproxy.org/request-set-header": "X-Forwarded-For %[src]\nForwarded for=%[src]",
      "haproxy.org/timeout-server": "3600s",
    },
  ],
  [
    "haproxy-ingress",
    {
      "haproxy-ingress.github.io/config-backend": "http-request del-header Forwarded",
      "haproxy-ingress.github.io/timeout-server": "3600s",
    },
  ],
  [
    "f5",
    {
      "nginx.org/client-max-body-size": "64m",
      "nginx.org/hsts": "true",
      "nginx.org/hsts-max-age": "31536000",
      "nginx.org/proxy-read-timeout": "3600s",
      "nginx.org/proxy-send-timeout": "3600s",
      "nginx.org/proxy-buffering": "false",
      "nginx.org/websocket-services": "stalwart",
    },
  ],
  ["cilium", { "ingress.cilium.io/force-https": "enabled", "ingress.cilium.io/request-timeout": "0s" }],
];

test.each(rows)("%s gets its own annotations for request size, push, HSTS and the redirect", (controller, expected) => {
  expect(annotations(controller)).toEqual(expected);
});

test("an endpoint without push connections sets no idle timeout at any controller", () => {
  for (const controller of controllers) {
    const words = Object.keys(annotations(controller, webmail)).join();
    expect(words).not.toMatch(/timeout-server|read-timeout|send-timeout|websocket/);
  }
});

test("an unknown Ingress controller gets no annotations and no objects of its own", () => {
  expect(settingsFor("other", mail, "stalwart-mail")).toEqual({ annotations: {}, customObjects: [] });
});
