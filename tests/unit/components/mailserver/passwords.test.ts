import * as pulumi from "@pulumi/pulumi";
import { resolved } from "../../../support/recorder";
import { type Deployed, deploy, deployment, job, kubernetes } from "./deployed";

let sample: Deployed;
beforeAll(async () => {
  sample = await deploy();
});

describe("passwords", () => {
  const generated = "generated-stalwart-admin-secret";

  it("passwords are in Secrets and nowhere else, and reach the engine as secrets", async () => {
    const given = await deploy({ admin: { password: pulumi.secret("given-admin-password") } });
    for (const deployed of [sample, given]) {
      for (const object of kubernetes(deployed)) {
        const text = JSON.stringify(object.inputs);
        const holds = [generated, "given-admin-password", "relay-password-value", "provider-password-of"].some(
          (secret) => text.includes(secret),
        );
        if (!holds) continue;
        expect(object.inputs.kind).toBe("Secret");
        expect(object.secretPaths.length).toBeGreaterThan(0);
      }
    }
  });

  it("the Secrets of passwords have the names that hand-made clusters of this kind use", () => {
    const { recorder } = sample;
    expect(recorder.object("Secret", "stalwart-admin").inputs.stringData).toEqual({ password: generated });
    expect(recorder.object("Secret", "migadu-smtp-credentials").inputs.stringData).toEqual({
      username: "service@newjoy.ro",
      password: "relay-password-value",
    });
  });

  it("the administrator's password is generated unless configured, and is a secret output", async () => {
    const chosen = await deploy({ admin: { password: pulumi.secret("given-admin-password") } });
    expect(await resolved(sample.mail.adminPassword)).toBe(generated);
    expect(await resolved(chosen.mail.adminPassword)).toBe("given-admin-password");
    for (const { mail } of [sample, chosen]) expect(await pulumi.isSecret(mail.adminPassword)).toBe(true);
    const [random] = sample.recorder.resources.filter(({ type }) => type.startsWith("random:"));
    expect(random?.inputs).toMatchObject({ length: 32, special: false });
  });

  it("the relay's password is in the file that the settings name, readable for the server alone", () => {
    const pod = deployment(sample.recorder).inputs.spec.template.spec;
    const { filePath } = JSON.parse(
      sample.recorder
        .object("Secret", job(sample.recorder, "stalwart-settings").inputs.metadata.name)
        .inputs.stringData["plan.ndjson"].split("\n")
        .find((line: string) => line.includes('"MtaRoute"')),
    ).value.relay.authSecret;
    const volume = pod.volumes.find(
      (v: { secret?: { secretName: string } }) => v.secret?.secretName === "migadu-smtp-credentials",
    );
    const mount = pod.containers[0].volumeMounts.find((m: { name: string }) => m.name === volume.name);
    expect(filePath).toBe(`${mount.mountPath}/${volume.secret.items[0].path}`);
    expect(volume.secret).toMatchObject({ defaultMode: 0o440, items: [{ key: "password" }] });
  });
});
