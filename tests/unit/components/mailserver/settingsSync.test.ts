import { createHash, createHmac } from "node:crypto";
import type * as pulumi from "@pulumi/pulumi";
import { renderReload } from "../../../../components/mailserver/plan";
import { containersOf, podsOf } from "../../../support/kubernetes";
import { resolved } from "../../../support/recorder";
import { sampleMailbox } from "../../../support/sample";
import { type Deployed, deploy, deployment, job, kubernetes, patch, waitsFor } from "./deployed";

let sample: Deployed;
beforeAll(async () => {
  sample = await deploy();
});

describe("settings", () => {
  it("settings are applied to a running server, by an administrator it has, through a Service that exists", () => {
    const { recorder } = sample;
    const apply = job(recorder, "stalwart-settings");
    expect(waitsFor(recorder, apply, deployment(recorder))).toBe(true);
    expect(waitsFor(recorder, apply, recorder.object("Service", "stalwart"))).toBe(true);
    expect(waitsFor(recorder, apply, recorder.object("Secret", "stalwart-admin"))).toBe(true);
    expect(waitsFor(recorder, apply, recorder.object("Secret", apply.inputs.metadata.name))).toBe(true);
  });

  it("settings are applied before the restart that opens new listeners, and take effect after it", () => {
    const { recorder } = sample;
    expect(waitsFor(recorder, patch(recorder), job(recorder, "stalwart-settings"))).toBe(true);
    expect(waitsFor(recorder, job(recorder, "stalwart-reload"), patch(recorder))).toBe(true);
  });

  it("mail flows while the identity provider is unreachable: fetchers wait for the settings and not for the reload", async () => {
    const { recorder, mail } = sample;
    const ready = await resolved((mail.ready as pulumi.CustomResource).urn);
    expect(ready).toBe(patch(recorder).urn);
    expect(waitsFor(recorder, patch(recorder), job(recorder, "stalwart-reload"))).toBe(false);
  });

  it("settings that cannot be applied fail the update, with the server's message", () => {
    for (const name of ["stalwart-settings", "stalwart-reload"]) {
      const { metadata, spec } = job(sample.recorder, name).inputs;
      expect(metadata.annotations).not.toHaveProperty(["pulumi.com/skipAwait"]);
      // In an ordinary container: those of init containers are not shown.
      const [cli] = spec.template.spec.containers;
      expect(cli.command).toEqual(["/usr/local/bin/stalwart-cli"]);
      expect(cli.terminationMessagePolicy).toBe("FallbackToLogsOnError");
    }
  });

  it("the settings Job waits in its own pod until the server answers, and then tries once", () => {
    const jobs = ["stalwart-settings", "stalwart-reload"].flatMap((name) => [
      job(sample.recorder, name).inputs.spec,
      sample.recorder.object("CronJob", name).inputs.spec.jobTemplate.spec,
    ]);
    for (const { backoffLimit, podFailurePolicy, template } of jobs) {
      const [server] = template.spec.initContainers;
      expect(server.image).toBe(deployment(sample.recorder).inputs.spec.template.spec.containers[0].image);
      expect(server.args[0]).toContain("$STALWART_URL/healthz/ready");
      expect(server.args[0]).toContain("X-Forwarded-For: 127.0.0.1");
      expect(backoffLimit).toBe(0);
      expect(template.spec.restartPolicy).toBe("Never");
      // A drained node is no answer of the server's.
      expect(podFailurePolicy.rules).toEqual([
        { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
      ]);
    }
  });

  it("settings that failed are tried again by the next update, which must find the Job", () => {
    for (const name of ["stalwart-settings", "stalwart-reload"]) {
      const { metadata, spec } = job(sample.recorder, name).inputs;
      expect(metadata.annotations["pulumi.com/replaceUnready"]).toBe("true");
      expect(spec).not.toHaveProperty("ttlSecondsAfterFinished");
    }
  });

  it("settings that failed are followed by the former ones, whose names must be free again", () => {
    const { recorder } = sample;
    const { name } = job(recorder, "stalwart-settings").inputs.metadata;
    const named = [recorder.object("Secret", name), ...recorder.kind("Job")];
    expect(named.map(({ deleteBeforeReplace }) => deleteBeforeReplace)).toEqual([true, true, true]);
  });

  it("settings are applied again every five minutes, one run at a time, and are in effect a minute later", () => {
    const schedules = { "stalwart-settings": "*/5 * * * *", "stalwart-reload": "1-59/5 * * * *" };
    for (const [name, schedule] of Object.entries(schedules)) {
      const { spec } = sample.recorder.object("CronJob", name).inputs;
      expect(spec).toMatchObject({ schedule, concurrencyPolicy: "Forbid", startingDeadlineSeconds: 120 });
      expect(spec.jobTemplate.spec.activeDeadlineSeconds).toBeLessThan(300);
    }
  });

  it("settings that the server refuses do not keep certificates and sign-in from being reloaded", () => {
    const files = ["stalwart-settings", "stalwart-reload"].map((name) =>
      sample.recorder
        .object("CronJob", name)
        .inputs.spec.jobTemplate.spec.template.spec.containers.map(({ args }: { args: string[] }) => args.at(-1)),
    );
    expect(files.map(([file]) => file)).toEqual(["/settings/plan.ndjson", "/settings/reload.ndjson"]);
  });

  it("settings that the server refuses leave both CronJobs with the earlier settings, under names that no change of settings removes", () => {
    const { recorder } = sample;
    const volumesOf = (name: string) =>
      recorder.object("CronJob", name).inputs.spec.jobTemplate.spec.template.spec.volumes;
    expect(volumesOf("stalwart-settings")[0].secret.secretName).toBe("stalwart-settings");
    expect(volumesOf("stalwart-reload")[0].configMap.name).toBe("stalwart-reload");
    // It changes once the server has taken the settings, and not before.
    const taken = recorder.object("Secret", "stalwart-settings");
    expect(waitsFor(recorder, taken, job(recorder, "stalwart-settings"))).toBe(true);
    expect(waitsFor(recorder, recorder.object("CronJob", "stalwart-settings"), taken)).toBe(true);
    expect(waitsFor(recorder, recorder.object("ConfigMap", "stalwart-reload"), deployment(recorder))).toBe(false);
    expect(taken.inputs.immutable).toBeUndefined();
    expect(taken.inputs.stringData).toEqual(
      recorder.object("Secret", job(recorder, "stalwart-settings").inputs.metadata.name).inputs.stringData,
    );
  });

  it("settings are named by a keyed hash: their text is known but for the addresses, which a plain hash would reveal", () => {
    const { recorder } = sample;
    const { metadata } = job(recorder, "stalwart-settings").inputs;
    const text = recorder.object("Secret", metadata.name).inputs.stringData["plan.ndjson"];
    for (const plain of [text, text + renderReload()]) {
      expect(metadata.name).not.toContain(createHash("sha256").update(plain).digest("hex").slice(0, 10));
    }
    const hmac = createHmac("sha256", "generated-stalwart-settings-key-secret").update(text + renderReload());
    expect(metadata.name).toBe(`stalwart-settings-${hmac.digest("hex").slice(0, 10)}`);
  });

  it("the access of removed mailboxes ends before the plan is applied, and also when the plan fails", () => {
    const { recorder } = sample;
    const planned = recorder.object("Secret", "stalwart-settings").inputs.stringData["plan.ndjson"];
    const pods = [
      job(recorder, "stalwart-settings").inputs.spec.template.spec,
      recorder.object("CronJob", "stalwart-settings").inputs.spec.jobTemplate.spec.template.spec,
    ];
    for (const { initContainers, volumes } of pods) {
      const access = initContainers.at(-1);
      expect(access).toMatchObject({ name: "access", command: ["python3", "-B", "-u", "/program/before_settings.py"] });
      expect(access.args).toContain("--result=/cache/result.json"); // with which it always ends with 0
      expect(access.args).toContain("--plan=/settings/plan.ndjson"); // of this run, which may be an earlier one
      expect(access.volumeMounts).toContainEqual({ name: "settings", mountPath: "/settings", readOnly: true });
      const [webUi = ""] = access.args.filter((arg: string) => arg.startsWith("--web-ui="));
      expect(planned).toContain(`"resourceUrl":"${webUi.slice("--web-ui=".length)}"`); // what it looks for is what is set
      // The list is not of the plan that was taken last: who leaves is gone even when the new one is refused.
      expect(volumes).toContainEqual({
        name: "accounts",
        secret: { secretName: "stalwart-accounts", defaultMode: 0o440 },
      });
    }
    const accounts = recorder.object("Secret", "stalwart-accounts");
    expect(waitsFor(recorder, job(recorder, "stalwart-settings"), accounts)).toBe(true);
    expect(JSON.parse(accounts.inputs.stringData["accounts.json"])).toEqual({
      domain: "newjoy.ro",
      declared: ["alpar", "kinga", "service"],
      closed: ["homelab-mail"],
    });
  });

  it("access that could not be ended is reported by the last Job of the update and by every scheduled run", () => {
    const { recorder } = sample;
    const names = (spec: { containers: { name: string }[] }) => spec.containers.map(({ name }) => name);
    expect(names(job(recorder, "stalwart-settings").inputs.spec.template.spec)).toEqual(["apply"]);
    const last = job(recorder, "stalwart-reload").inputs.spec.template.spec;
    expect(names(last)).toEqual(["reload", "access"]);
    expect(last.containers[1].args.join(" ")).not.toMatch(/--result|--plan/); // it ends as the comparison does
    const scheduled = recorder.object("CronJob", "stalwart-settings").inputs.spec.jobTemplate.spec.template.spec;
    expect(names(scheduled)).toEqual(["apply", "access-report"]);
  });

  it("settings whose reload fails during the update are reloaded again soon, because nothing else restores the sign-in", () => {
    const { recorder } = sample;
    const schedule = recorder.object("CronJob", "stalwart-reload");
    expect(waitsFor(recorder, schedule, patch(recorder))).toBe(true);
    expect(waitsFor(recorder, schedule, job(recorder, "stalwart-reload"))).toBe(false);
  });

  it("settings are never applied by two runs at once on a new server", () => {
    const { recorder } = sample;
    const schedule = recorder.object("CronJob", "stalwart-settings");
    expect(waitsFor(recorder, schedule, job(recorder, "stalwart-settings"))).toBe(true);
  });

  it("settings are in a Secret and nowhere else, because they hold addresses", async () => {
    const hidden = sampleMailbox("zoe", { address: "hidden@newjoy.ro", localPart: "hidden", aliases: ["veiled"] });
    const deployed = await deploy({ mailboxes: [hidden] });
    const outside = kubernetes(deployed).filter(({ inputs }) => /hidden|veiled/.test(JSON.stringify(inputs)));
    expect(new Set(outside.map(({ inputs }) => inputs.kind))).toEqual(new Set(["Secret"]));
    expect(outside[0]?.secretPaths.some((path) => path.startsWith("stringData"))).toBe(true);
  });

  it("settings reach the server under the address that the tool is given", () => {
    for (const container of podsOf(sample.recorder)
      .filter(({ kind }) => kind !== "Deployment")
      .flatMap(containersOf)) {
      if (container.name === "access-report") continue; // it asks nobody
      const [url, ...login] = container.env ?? [];
      expect(url).toEqual({ name: "STALWART_URL", value: "http://stalwart.stalwart-mail.svc.cluster.local:8080" });
      if (container.name === "server") continue; // it asks what everybody may ask
      expect(login.slice(0, 2)).toEqual([
        { name: "STALWART_USER", value: "admin" },
        { name: "STALWART_PASSWORD", valueFrom: { secretKeyRef: { name: "stalwart-admin", key: "password" } } },
      ]);
      const cache =
        container.name === "logins" || container.command?.[0] === "python3"
          ? []
          : [{ name: "XDG_CACHE_HOME", value: "/cache" }];
      expect(login.slice(2)).toEqual(cache);
    }
  });
});
