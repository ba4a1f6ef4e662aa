import { Webmail, type WebmailArgs } from "../../../../components/webmail";
import { apacheConf } from "../../../../components/webmail/apache";
import type { StackConfig } from "../../../../config/types";
import { type Recorder, resolved, settled, startRecording } from "../../../support/recorder";
import { sampleConfig } from "../../../support/sample";

function args(overrides: Partial<StackConfig> = {}): WebmailArgs {
  return {
    ...sampleConfig(overrides),
    namespace: "stalwart-mail",
    claim: "roundcube-data",
    mailServerHost: "stalwart.stalwart-mail.svc.cluster.local",
  };
}

async function deploy(overrides: Partial<StackConfig> = {}): Promise<{ recorder: Recorder; webmail: Webmail }> {
  const recorder = await startRecording();
  const webmail = new Webmail("roundcube", args(overrides));
  await settled();
  return { recorder, webmail };
}

// biome-ignore lint/suspicious/noExplicitAny: an object's fields, read as plain data
const podOf = (recorder: Recorder): any => recorder.object("Deployment", "roundcube").inputs.spec.template;
const annotationsOf = (recorder: Recorder): Record<string, string> => podOf(recorder).metadata.annotations;

describe("the webmail", () => {
  let recorder: Recorder;
  let webmail: Webmail;
  beforeAll(async () => {
    ({ recorder, webmail } = await deploy());
  });

  it("the webmail outputs its address", async () => {
    expect(await resolved(webmail.url)).toBe("https://webmail.newjoy.ro/");
  });

  it("the webmail writes only to volumes: the database to its claim, everything else to space that is removed with the pod", () => {
    const { spec } = podOf(recorder);
    const [container] = spec.containers;
    expect(container.securityContext).toMatchObject({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
    expect(spec.securityContext).toMatchObject({ runAsUser: 33, runAsGroup: 33, fsGroup: 33, runAsNonRoot: true });
    const kind = (name: string) =>
      Object.keys(spec.volumes.find((v: { name: string }) => v.name === name)).find((k) => k !== "name");
    const mounts = container.volumeMounts.map((m: { mountPath: string; name: string; readOnly?: boolean }) => [
      m.mountPath,
      m.readOnly ? `${kind(m.name)}, read-only` : kind(m.name),
    ]);
    expect(Object.fromEntries(mounts)).toEqual({
      "/var/www/html": "emptyDir",
      "/var/roundcube/identities": "secret, read-only",
      "/run": "emptyDir",
      "/tmp": "emptyDir",
      "/var/roundcube/db": "persistentVolumeClaim",
      "/var/roundcube/config/homelab-mail.inc.php": "configMap, read-only",
      "/usr/local/etc/php/conf.d/zz-homelab-mail.ini": "configMap, read-only",
      "/etc/apache2/conf-enabled/zz-homelab-mail.conf": "configMap, read-only",
    });
  });

  it("the webmail's web server gets the log formats that leave the authorization code out", () => {
    const { data } = recorder.object("ConfigMap", "roundcube-config").inputs;
    const mount = podOf(recorder).spec.containers[0].volumeMounts.find((m: { mountPath: string }) =>
      m.mountPath.startsWith("/etc/apache2/"),
    );
    expect(data[mount.subPath]).toBe(apacheConf());
  });

  it("two webmail pods never use one database", () => {
    expect(recorder.object("Deployment", "roundcube").inputs.spec).toMatchObject({
      replicas: 1,
      strategy: { type: "Recreate" },
    });
  });

  it("the webmail gets every secret from a Secret that exists, under a key that exists", () => {
    const { env } = podOf(recorder).spec.containers[0];
    const values = env.map(
      ({ name, valueFrom }: { name: string; valueFrom: { secretKeyRef: Record<string, string> } }) => [
        name,
        recorder.object("Secret", valueFrom.secretKeyRef.name ?? "").inputs.stringData[
          valueFrom.secretKeyRef.key ?? ""
        ],
      ],
    );
    expect(Object.fromEntries(values)).toEqual({
      OIDC_CLIENT_ID: "stalwart-webui",
      OIDC_CLIENT_SECRET: "public-client",
      WEBMAIL_DES_KEY: "generated-roundcube-des-key-secret",
    });
  });

  it("the webmail's session key is a secret of 24 characters in the state, which Roundcube's cipher takes", () => {
    const [key] = recorder.resources.filter((r) => r.type === "random:index/randomPassword:RandomPassword");
    expect(key?.inputs).toMatchObject({ length: 24, special: false });
    expect(recorder.object("Secret", "roundcube").inputs.stringData.des_key).toBe("generated-roundcube-des-key-secret");
  });

  it("the webmail sends some client secret even when the client is public", () => {
    expect(recorder.object("Secret", "stalwart-oidc").inputs.stringData).toEqual({
      client_id: "stalwart-webui",
      client_secret: "public-client",
    });
  });

  it("the webmail's probes open no sessions, and ask for the host that the webmail serves", () => {
    const { startupProbe, readinessProbe, livenessProbe } = podOf(recorder).spec.containers[0];
    for (const { httpGet } of [startupProbe, readinessProbe, livenessProbe]) {
      expect(httpGet.path).toMatch(/^\/static\.php\/skins\//);
      expect(httpGet.port).toBe("http");
      expect(httpGet.httpHeaders).toEqual([{ name: "Host", value: "webmail.newjoy.ro" }]); // it refuses others
    }
  });

  it("the webmail is reached through Service and Ingress on its own host, with TLS", () => {
    const service = recorder.object("Service", "roundcube").inputs;
    expect(podOf(recorder).metadata.labels).toMatchObject(service.spec.selector);
    expect(service.spec.ports).toEqual([{ name: "http", port: 80, targetPort: "http" }]);
    expect(podOf(recorder).spec.containers[0].ports).toEqual([{ name: "http", containerPort: 8000 }]);
    const ingress = recorder.object("Ingress", "roundcube").inputs.spec;
    expect(ingress.ingressClassName).toBe("nginx");
    expect(ingress.tls).toEqual([{ hosts: ["webmail.newjoy.ro"], secretName: "roundcube-tls" }]);
    expect(ingress.rules).toHaveLength(1);
    expect(ingress.rules[0].host).toBe("webmail.newjoy.ro");
    expect(ingress.rules[0].http.paths[0].backend.service).toEqual({ name: "roundcube", port: { name: "http" } });
  });

  it("the webmail requests a certificate of its host from cert-manager when an issuer is configured", () => {
    expect(recorder.object("Certificate", "roundcube-tls").inputs.spec).toEqual({
      secretName: "roundcube-tls",
      dnsNames: ["webmail.newjoy.ro"],
      issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: "letsencrypt-prod" },
    });
  });

  it("the webmail serves an existing certificate when one is configured, and requests none", async () => {
    const { recorder: own } = await deploy({ tls: { secretName: "wildcard" } });
    expect(own.kind("Certificate")).toEqual([]);
    expect(own.object("Ingress", "roundcube").inputs.spec.tls[0].secretName).toBe("wildcard");
  });

  it("the configured ingress annotations override the webmail's own", async () => {
    const size = "nginx.ingress.kubernetes.io/proxy-body-size";
    const annotations = (r: Recorder) => r.object("Ingress", "roundcube").inputs.metadata.annotations;
    expect(annotations(recorder)[size]).toBe("34m");
    const { recorder: own } = await deploy({
      ingress: { ...sampleConfig().ingress, annotations: { [size]: "100m", extra: "yes" } },
    });
    expect(annotations(own)).toMatchObject({ [size]: "100m", extra: "yes" });
  });

  it("the webmail restarts when its configuration changes, and only then", async () => {
    const same = await deploy();
    const moved = await deploy({ hosts: { mail: "mail.newjoy.ro", webmail: "post.newjoy.ro" } });
    const renamed = await deploy({ identity: { ...sampleConfig().identity, clientId: "another-client" } });
    expect(annotationsOf(same.recorder)).toEqual(annotationsOf(recorder));
    expect(annotationsOf(moved.recorder)).not.toEqual(annotationsOf(recorder));
    expect(annotationsOf(renamed.recorder)).not.toEqual(annotationsOf(recorder));
    const provider = { ...sampleConfig().provider, largestMessage: 60 };
    const enlarged = await deploy({ provider });
    const data = ({ recorder: own }: { recorder: Recorder }) => own.object("ConfigMap", "roundcube-config").inputs.data;
    expect(data(enlarged)["homelab-mail.ini"]).not.toBe(data(same)["homelab-mail.ini"]);
    expect(annotationsOf(enlarged.recorder)).not.toEqual(annotationsOf(recorder));
  });
});
