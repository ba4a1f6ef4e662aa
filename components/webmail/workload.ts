import type { types } from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import { names, ports } from "../../config/names";
import type { Resources } from "../../config/types";
import type { CaBundleParts } from "../shared/caBundle";
import { hardenedPod } from "../shared/pod";
import { databaseDirectory, environment } from "./config";
import { identitiesDirectory } from "./identities";

/** Keys of the ConfigMap. */
export const configFile = "homelab-mail.inc.php";
export const iniFile = "homelab-mail.ini";
export const apacheFile = "homelab-mail.conf";

/** `www-data` in the image, which runs as it from the start. */
const WWW_DATA = 33;

export interface WebmailPodArgs {
  readonly image: string;
  readonly resources: Resources;
  /** The webmail's public name. */
  readonly host: string;
  readonly claim: Input<string>;
  readonly configMap: Input<string>;
  readonly caBundle: CaBundleParts;
  /** Secret with `identities.json`. */
  readonly identities: Input<string>;
  /** Secret with `client_id` and `client_secret`. */
  readonly oidcSecret: Input<string>;
  /** Secret with `des_key`. */
  readonly secret: Input<string>;
}

/**
 * The paths that the image writes to, according to its entrypoint and Apache's: none of them must outlive the pod.
 * `/var/www/html` is filled from `/usr/src` at each start; it must be empty then, or the image downloads PHP
 * packages from the internet. `/run` holds Apache's pid file and locks (`/var/run` and `/var/lock` point into it).
 */
const scratch = [
  { name: "html", mountPath: "/var/www/html", sizeLimit: "512Mi" },
  { name: "run", mountPath: "/run", sizeLimit: "16Mi" },
  { name: "tmp", mountPath: "/tmp", sizeLimit: "2Gi" }, // uploads, and messages on their way out
];

/** The webmail's pod. */
export function webmailPod(args: WebmailPodArgs): types.input.core.v1.PodSpec {
  const fromSecret = (variable: string, name: Input<string>, key: string): types.input.core.v1.EnvVar => ({
    name: variable,
    valueFrom: { secretKeyRef: { name, key } },
  });
  // An icon, which PHP serves like every file: a page would create a session in the database at each probe.
  const httpGet = {
    path: "/static.php/skins/elastic/images/favicon.ico",
    port: "http",
    httpHeaders: [{ name: "Host", value: args.host }],
  };
  const { caBundle } = args;
  return hardenedPod({
    user: WWW_DATA,
    group: WWW_DATA,
    ...(caBundle.initContainers.length > 0 && { initContainers: caBundle.initContainers }),
    containers: [
      {
        name: names.roundcube,
        image: args.image,
        resources: args.resources,
        env: [
          fromSecret(environment.desKey, args.secret, "des_key"),
          fromSecret(environment.clientId, args.oidcSecret, "client_id"),
          fromSecret(environment.clientSecret, args.oidcSecret, "client_secret"),
          ...caBundle.env,
        ],
        ports: [{ name: "http", containerPort: ports.roundcubeHttp }],
        volumeMounts: [
          ...scratch.map(({ name, mountPath }) => ({ name, mountPath })),
          { name: "database", mountPath: databaseDirectory },
          { name: "identities", mountPath: identitiesDirectory, readOnly: true },
          // The image includes every *.php of this directory after its own configuration.
          { name: "config", mountPath: `/var/roundcube/config/${configFile}`, subPath: configFile, readOnly: true },
          // PHP reads this directory in order of names; the last one wins.
          {
            name: "config",
            mountPath: `/usr/local/etc/php/conf.d/zz-${iniFile}`,
            subPath: iniFile,
            readOnly: true,
          },
          {
            name: "config",
            mountPath: `/etc/apache2/conf-enabled/zz-${apacheFile}`,
            subPath: apacheFile,
            readOnly: true,
          },
          ...caBundle.volumeMounts,
        ],
        startupProbe: { httpGet, periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 90 },
        readinessProbe: { httpGet, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
        livenessProbe: { httpGet, periodSeconds: 30, timeoutSeconds: 10, failureThreshold: 4 },
      },
    ],
    volumes: [
      ...scratch.map(({ name, sizeLimit }) => ({ name, emptyDir: { sizeLimit } })),
      { name: "database", persistentVolumeClaim: { claimName: args.claim } },
      { name: "config", configMap: { name: args.configMap } },
      { name: "identities", secret: { secretName: args.identities, defaultMode: 0o440 } },
      ...caBundle.volumes,
    ],
  });
}
