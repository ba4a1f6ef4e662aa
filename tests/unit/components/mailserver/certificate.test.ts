import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { ErrorHook } from "@pulumi/pulumi";
import { certificateTimeouts, pendingCertificateMessage } from "../../../../components/mailserver/certificate";
import { kubectl } from "../../../../components/shared/kubectl";
import { deploy, threeMailboxes } from "../../../support/deploy";

const certificate = {
  spec: { dnsNames: ["mail.newjoy.ro"] },
  status: {
    conditions: [
      { type: "Ready", status: "False", message: "Issuing certificate as Secret does not exist" },
      { type: "Issuing", status: "True", message: "Issuing certificate as Secret does not exist" },
    ],
  },
};
const challenge = (dnsName: string, state: string) => ({
  spec: { dnsName, type: "HTTP-01" },
  status: { state, reason: `Waiting for HTTP-01 challenge propagation: lookup ${dnsName}: no such host` },
});
const waits = { namespace: "mail", name: "stalwart-tls" };

/** A folder with a program called kubectl, which answers as the text says, first on the PATH while the work goes on. */
async function withKubectl<T>(script: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "kubectl-"));
  fs.writeFileSync(path.join(folder, "kubectl"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const { PATH } = process.env;
  process.env.PATH = `${folder}${path.delimiter}${PATH}`;
  try {
    return await work(folder);
  } finally {
    process.env.PATH = PATH;
    fs.rmSync(folder, { recursive: true });
  }
}

describe("a certificate that is not issued", () => {
  it("a certificate that is not issued is named with its conditions and its challenges, and with no other certificate's", () => {
    const challenges = [challenge("mail.newjoy.ro", "pending"), challenge("other.example.org", "pending")];
    const text = pendingCertificateMessage({ ...waits, certificate, challenges });
    expect(text).toContain("The certificate stalwart-tls is not issued yet");
    expect(text).toContain("Ready: Issuing certificate as Secret does not exist");
    expect(text).toContain("HTTP-01 for mail.newjoy.ro: pending, Waiting for HTTP-01 challenge propagation");
    expect(text).toContain("mail.newjoy.ro must resolve to the ingress controller");
    expect(text).not.toContain("other.example.org");
  });

  it("a certificate whose request failed has the issuer's reason, which is in a condition that is False", () => {
    const message =
      "The certificate request has failed to complete and will be retried: urn:ietf:params:acme:error:rateLimited";
    const conditions = [...certificate.status.conditions, { type: "Issuing", status: "False", message }];
    expect(pendingCertificateMessage({ ...waits, certificate: { ...certificate, status: { conditions } } })).toContain(
      `Issuing: ${message}`,
    );
  });

  it("a certificate that is not issued is explained however little is known of it", () => {
    const bare = {
      spec: { dnsNames: ["a.org", "b.org"] },
      status: { conditions: [{ type: "Ready", status: "False" }] },
    };
    const challenges = [
      { spec: { dnsName: "a.org" }, status: { state: "pending" } },
      challenge("b.org", "valid"),
      { status: { state: "pending" } },
    ];
    const lines = (given: object): string[] =>
      pendingCertificateMessage({ ...waits, ...given })
        .split("\n")
        .slice(1, -1);
    expect(lines({ certificate: bare, challenges })).toEqual([
      "  Ready: no reason is given",
      "  challenge for a.org: pending",
    ]);
    expect(lines({ certificate: bare })).toEqual(["  Ready: no reason is given"]);
    expect(pendingCertificateMessage({ ...waits, certificate: bare })).toContain(": a.org and b.org must resolve");
    expect(pendingCertificateMessage(waits)).toContain(": the mail host must resolve");
  });

  it("when the cluster cannot be asked, a certificate that is not issued is explained by a command", () => {
    expect(pendingCertificateMessage(waits)).toContain("kubectl -n mail describe certificate,challenge");
  });

  it("an update waits for a certificate for less than three minutes, and only where a pod mounts it", async () => {
    const gateway = { name: "g", namespace: "edge", listeners: ["https"], certificateNamespace: "edge" };
    const { recorder } = await deploy({ ...threeMailboxes, ingress: { kind: "Gateway", gateway } });
    const awaited = recorder
      .kind("Certificate")
      .filter(({ inputs }) => inputs.metadata.annotations?.["pulumi.com/waitFor"]);
    expect(awaited.map(({ name, createTimeout }) => [name, createTimeout])).toEqual([["stalwart-tls", "150s"]]);
    expect(awaited[0]?.inputs.metadata.annotations).toEqual({ "pulumi.com/waitFor": "condition=Ready" });
    expect(certificateTimeouts.update).toBe("150s");
    expect(awaited[0]?.onError).toHaveLength(1);
    const waiting = recorder.resources.filter((one) => recorder.upstream(one).has(awaited[0]?.urn ?? ""));
    // The challenge comes in by the route of the mail host, which must not wait for its result.
    expect(new Set(waiting.map(({ inputs }) => inputs.kind).filter(Boolean))).toEqual(
      new Set(["CronJob", "Deployment", "Job", "Secret"]),
    );
    const names = waiting.filter(({ type }) => type.endsWith(":Deployment")).map(({ name }) => name);
    expect(names.sort()).toEqual(["fetchmail-alpar", "fetchmail-kinga", "fetchmail-service", "stalwart"]);
  });

  it("the state of a certificate is read from the cluster that Pulumi's provider deploys to, and is not tried again at once", async () => {
    const said: string[] = [];
    const write = jest.spyOn(console, "error").mockImplementation((text) => said.push(String(text)));
    const answer = JSON.stringify({ ...certificate, items: [challenge("mail.newjoy.ro", "pending")] });
    try {
      const again = await withKubectl(`echo "$@" >> "$0.args"; printf '%s' '${answer}'`, async (folder) => {
        const provider = { "kubernetes:context": "home", "kubernetes:kubeconfig": "/etc/kube.yaml" };
        const { recorder } = await deploy({ ...threeMailboxes, ...provider, namespace: "mail" });
        const { inputs: newInputs, onError } = recorder.object("Certificate", "stalwart-tls");
        const [hook] = onError as [ErrorHook];
        const args = { urn: "", id: "", name: "", type: "", failedOperation: "create", errors: [], newInputs };
        const result = await hook.callback(args);
        const asked = fs.readFileSync(path.join(folder, "kubectl.args"), "utf8");
        expect(asked).toMatch(
          /^--kubeconfig \/etc\/kube.yaml --context home .* -n mail get certificates.* stalwart-tls -o json$/m,
        );
        expect(asked).toMatch(/get challenges\.acme\.cert-manager\.io/);
        return result;
      });
      expect(again).toBe(false);
      expect(said.join("\n")).toContain("HTTP-01 for mail.newjoy.ro: pending");
      expect(said.join("\n")).toContain("certificate stalwart-tls is not issued");
    } finally {
      write.mockRestore();
    }
  });
});

describe("asking the cluster", () => {
  it("when kubectl fails, asking the cluster gives nothing and no error", async () => {
    expect(await withKubectl("exit 1", () => kubectl({}, ["get", "pods"]))).toBeUndefined();
  });

  it("a kubeconfig that is set as text reaches kubectl in a file of its own, which is removed", async () => {
    const text = "apiVersion: v1\nkind: Config\n";
    const [content, file] = (
      (await withKubectl('cat "$2"; echo "FILE $2"', () => kubectl({ kubeconfig: text }, ["get", "pods"]))) ?? ""
    ).split("FILE ");
    expect(content).toBe(text);
    expect(fs.existsSync((file ?? "").trim())).toBe(false);
  });
});
