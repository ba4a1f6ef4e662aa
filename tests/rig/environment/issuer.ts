import { generateKeyPairSync } from "node:crypto";
import type { KubeObject } from "../../../lib/kubectl";
import { fakeIssuerImage } from "../images/issuer";
import { callbacks, clientId, environmentNamespace, services, testUser } from "./names";
import { secret, serverObjects } from "./pods";

/** The real one, where images can be pulled (https://pocket-id.org/docs/configuration/environment-variables). */
export const pocketIdImage =
  "ghcr.io/pocket-id/pocket-id:v2.14.0@sha256:01540977dcf4c7b41b1159f34d68e4632f2658d62790e460ca65a42722b13c4a";

const url = `https://${services.issuer}`;

/** The OIDC issuer. */
export type IssuerChoice =
  /** A fake, where no image can be pulled. */
  | { readonly kind: "fake" }
  /** The real one, in the cluster. */
  | { readonly kind: "pocket-id" }
  /** A Pocket ID that is there already, by the address that pods and this machine know, with an administrator's API key. */
  | { readonly kind: "existing"; readonly url: string; readonly apiKey: string; readonly ca?: string };

/** Not 443: the stack's policies let pods out to 443 and 8443, and a pod without root has the latter anyway. */
const PORT = 8443;

const probe = { readinessProbe: { tcpSocket: { port: PORT }, periodSeconds: 2 } };
const tlsMount = { name: "tls", mountPath: "/tls", readOnly: true };

/** Pocket ID, with an API key for the sandbox, and a volume: users and signing keys outlive its pod. */
export function pocketIdObjects({
  keys,
  storageClass,
}: {
  readonly keys: { readonly api: string; readonly encryption: string };
  readonly storageClass: string;
}): KubeObject[] {
  const fromSecret = (name: string, key: string) => ({ name, valueFrom: { secretKeyRef: { name: "issuer", key } } });
  return [
    secret("issuer", { api: keys.api, encryption: keys.encryption }),
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "issuer", namespace: environmentNamespace },
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: storageClass,
        resources: { requests: { storage: "1Gi" } },
      },
    },
    ...serverObjects({
      name: "issuer",
      user: 1000,
      ports: { 443: PORT },
      containers: [
        {
          name: "pocket-id",
          image: pocketIdImage,
          command: ["/app/pocket-id"],
          workingDir: "/app",
          env: [
            { name: "APP_URL", value: url },
            { name: "PORT", value: String(PORT) },
            { name: "TLS_CERT_FILE", value: "/tls/tls.crt" },
            { name: "TLS_KEY_FILE", value: "/tls/tls.key" },
            { name: "ANALYTICS_DISABLED", value: "true" },
            { name: "VERSION_CHECK_DISABLED", value: "true" },
            fromSecret("STATIC_API_KEY", "api"),
            fromSecret("ENCRYPTION_KEY", "encryption"),
          ],
          volumeMounts: [tlsMount, { name: "data", mountPath: "/app/data" }, { name: "tmp", mountPath: "/tmp" }],
          ...probe,
        },
      ],
      volumes: [
        { name: "data", persistentVolumeClaim: { claimName: "issuer" } },
        { name: "tmp", emptyDir: {} },
      ],
    }),
  ];
}

/** The options of the fake Pocket ID: users sign in by typing their name, which its log states. */
export function fakeIssuerOptions(at: {
  readonly issuer: string;
  readonly listen: string;
  readonly port: number;
  readonly key: string;
  readonly cert: string;
  /** The file of the lock that it holds while it runs, and for how long after SIGKILL. @default it holds none */
  readonly lock?: { readonly file: string; readonly seconds: number };
}): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return JSON.stringify({
    ...at,
    pkce: false, // the webmail on such a node is Debian's, which is too old for it
    jwk: { ...privateKey.export({ format: "jwk" }), kid: "sandbox", alg: "RS256", use: "sig" },
    clients: [
      {
        client_id: clientId,
        redirect_uris: callbacks.callbackURLs,
        post_logout_redirect_uris: callbacks.logoutCallbackURLs,
        requiresReauthentication: true,
      },
    ],
    users: [{ sub: "6f2d8b1e-1c3a-4a52-9d7e-0b5f3a9c4d21", email: testUser.email, name: testUser.display }],
  });
}

/** The fake in the cluster. */
export function fakeIssuerObjects(): KubeObject[] {
  const options = fakeIssuerOptions({
    issuer: url,
    listen: "0.0.0.0",
    port: PORT,
    key: "/tls/tls.key",
    cert: "/tls/tls.crt",
  });
  return [
    secret("issuer", { options }),
    ...serverObjects({
      name: "issuer",
      user: 65534,
      ports: { 443: PORT },
      containers: [
        {
          name: "issuer",
          image: fakeIssuerImage,
          imagePullPolicy: "IfNotPresent",
          env: [{ name: "OPTIONS", valueFrom: { secretKeyRef: { name: "issuer", key: "options" } } }],
          volumeMounts: [tlsMount],
          ...probe,
        },
      ],
      volumes: [],
    }),
  ];
}
