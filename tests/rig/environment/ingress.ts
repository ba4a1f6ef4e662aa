import type { KubeObject } from "../../../lib/kubectl";
import { hosts, stackNamespace } from "./names";
import { configMap, serverObjects } from "./pods";

const WWW_DATA = 33;

const modules = ["mpm_event", "authz_core", "socache_shmcb", "ssl", "proxy", "proxy_http", "proxy_wstunnel", "headers"];

const virtualHost = (host: string, service: string, port: number): string => `
<VirtualHost *:8443>
  ServerName ${host}
  SSLEngine on
  SSLCertificateFile /tls/tls.crt
  SSLCertificateKeyFile /tls/tls.key
  ProxyPreserveHost On
  RequestHeader set X-Forwarded-Proto https
  # Pods come and go while the stack is tried: no connection is kept for later, and a pod that was unreachable is tried again at once.
  ProxyPass / http://${service}.${stackNamespace}.svc.cluster.local:${port}/ upgrade=websocket disablereuse=on retry=0
</VirtualHost>
`;

/** Apache of the webmail's image, as a proxy: what an ingress controller does for the two hosts, and nothing else. */
const apacheConf = `
${modules.map((module) => `LoadModule ${module}_module /usr/lib/apache2/modules/mod_${module}.so`).join("\n")}
ServerName ${hosts.webmail}
Listen 8443
PidFile /tmp/apache.pid
DefaultRuntimeDir /tmp
Mutex file:/tmp
ErrorLog /dev/stderr
LogLevel warn
${virtualHost(hosts.webmail, "roundcube", 80)}
${virtualHost(hosts.mail, "stalwart", 8080)}
`;

/** Browser access. On a cluster that has an ingress controller it changes nothing of it. */
export function ingressObjects(image: string): KubeObject[] {
  return [
    configMap("ingress", { "apache.conf": apacheConf }),
    ...serverObjects({
      name: "ingress",
      user: WWW_DATA,
      ports: { 443: 8443 },
      containers: [
        {
          name: "apache",
          image,
          command: ["apache2", "-f", "/config/apache.conf", "-DFOREGROUND"],
          volumeMounts: [
            { name: "config", mountPath: "/config", readOnly: true },
            { name: "tls", mountPath: "/tls", readOnly: true },
            { name: "tmp", mountPath: "/tmp" },
          ],
          readinessProbe: { tcpSocket: { port: 8443 }, periodSeconds: 2 },
        },
      ],
      volumes: [
        { name: "config", configMap: { name: "ingress" } },
        { name: "tmp", emptyDir: {} },
      ],
    }),
  ];
}
