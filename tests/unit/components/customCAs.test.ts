import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { output } from "@pulumi/pulumi";
import { customCaBundle } from "../../../components/customCAs";
import { Fetcher } from "../../../components/fetcher";
import { MailServer } from "../../../components/mailserver";
import { Webmail } from "../../../components/webmail";
import { containersOf, hardeningProblems, podsOf } from "../../support/kubernetes";
import { type Recorder, settled, startRecording } from "../../support/recorder";
import { sampleConfig } from "../../support/sample";

const [first, second] = rootCertificates as [string, string];

async function stack(certificates: readonly string[]): Promise<Recorder> {
  const recorder = await startRecording();
  const namespace = "stalwart-mail";
  const config = { ...sampleConfig(), namespace, caBundle: customCaBundle(namespace, certificates) };
  const mail = new MailServer("stalwart", { ...config, dataClaim: output("stalwart-data") });
  const inside = { ...config, mailServerHost: mail.host };
  new Fetcher("fetchmail", inside);
  new Webmail("roundcube", { ...inside, claim: "roundcube-data" });
  await settled();
  return recorder;
}

const deployments = (recorder: Recorder) => podsOf(recorder).filter(({ kind }) => kind === "Deployment");

describe("custom CAs", () => {
  it("a stack without custom CAs is unchanged", async () => {
    const recorder = await stack([]);
    const words = /trust|authorities|SSL_CERT|cafile/;
    expect(podsOf(recorder).filter((pod) => words.test(JSON.stringify(pod)))).toEqual([]);
    expect(recorder.resources.filter(({ name }) => words.test(name))).toEqual([]);
    const php = recorder.object("ConfigMap", "roundcube-config").inputs.data["homelab-mail.inc.php"];
    expect(php).toContain("$config['oauth_verify_peer'] = true;");
    expect(php).not.toMatch(/cafile|\/etc\/trust/);
  });

  it("custom CAs are trusted by every program that uses TLS outside the cluster, in addition to its image's public CAs", async () => {
    const recorder = await stack([first, second]);
    const pods = deployments(recorder);
    expect(pods.map(({ owner }) => owner.split("/").at(-1)).sort()).toEqual([
      "fetchmail-alpar",
      "fetchmail-kinga",
      "fetchmail-service",
      "roundcube",
      "stalwart",
    ]);
    for (const pod of pods) {
      const [bundler] = pod.spec.initContainers;
      const [main] = pod.spec.containers;
      expect(bundler.image).toBe(main.image); // the public ones of the image that uses them, today's and the next one's
      expect(bundler.args[0]).toMatch(/cat \/etc\/ssl\/certs\/ca-certificates.crt;.*cat \/private\/ca.crt; } >(\S+)/);
      const file = /} >(\S+)/.exec(bundler.args[0])?.[1];
      expect(main.env).toContainEqual({ name: "SSL_CERT_FILE", value: file });
      expect(main.volumeMounts).toContainEqual({ name: "trust", mountPath: "/etc/trust", readOnly: true });
    }
    expect(podsOf(recorder).flatMap(hardeningProblems)).toEqual([]);
    for (const pod of podsOf(recorder)) {
      const volumes = (pod.spec.volumes ?? []).map(({ name }: { name: string }) => name);
      for (const { volumeMounts = [] } of containersOf(pod)) {
        for (const { name } of volumeMounts) expect(volumes).toContain(name);
      }
    }
  });

  it("custom CAs are in one ConfigMap, each as it was given", async () => {
    const { data } = (await stack([first, second])).object("ConfigMap", "trusted-authorities").inputs;
    const blocks: string[] = data["ca.crt"].match(/-----BEGIN[\s\S]*?-----END CERTIFICATE-----/g);
    expect(blocks.map((pem) => new X509Certificate(pem).fingerprint256)).toEqual(
      [first, second].map((pem) => new X509Certificate(pem).fingerprint256),
    );
  });

  it("a change of the custom CAs restarts the programs that trust them, which read them at start only", async () => {
    const annotation = async (certificates: string[]): Promise<string[]> =>
      (await stack(certificates))
        .kind("Deployment")
        .filter(({ type }) => !type.endsWith("Patch"))
        .map(({ inputs }) => inputs.spec.template.metadata.annotations["homelab-mail/trust"]);
    const [before, same, after] = [await annotation([first]), await annotation([first]), await annotation([second])];
    expect(same).toEqual(before);
    for (const [n, revision] of before.entries()) expect(after[n]).not.toBe(revision);
  });

  it("with custom CAs, the webmail reaches the issuer and the mail server, with no check switched off", async () => {
    const php = (await stack([first])).object("ConfigMap", "roundcube-config").inputs.data["homelab-mail.inc.php"];
    expect(php).toContain("$config['oauth_verify_peer'] = '/etc/trust/ca-certificates.crt';");
    for (const option of ["imap_conn_options", "smtp_conn_options", "managesieve_conn_options"]) {
      expect(php).toContain(
        `$config['${option}'] = ['ssl' => ['peer_name' => 'mail.newjoy.ro', 'verify_peer' => true, 'cafile' => '/etc/trust/ca-certificates.crt']];`,
      );
    }
  });
});
