import { client } from "./support/environment";
import { TestStack } from "./support/stack";

describe("a wrong configuration", () => {
  test("a wrong configuration is reported in full before anything is made", async () => {
    const stack = await TestStack.create("wrong", ["kinga", "Not_A_Name"]);
    await stack.set("mailboxes.alpar.address", "kinga@newjoy.ro");
    await stack.set("domain", "not a domain");
    await stack.set("storage.sise", "10Gi");
    const { text, steps } = await stack.failingUp();
    for (const key of ["domain", "mailboxes.Not_A_Name", "mailboxes.alpar.password", "storage.sise"]) {
      expect(text).toContain(key);
    }
    expect(text).toContain("pulumi config set --secret --path mailboxes.alpar.password");
    expect(text).not.toMatch(/\n\s+at \S+ \(/); // a stack trace helps nobody here
    expect(steps).toEqual([]);
    const { deployment } = await stack.stack.exportStack();
    expect((deployment.resources ?? []).filter((r: { custom: boolean }) => r.custom)).toEqual([]);
    expect(
      await client.read({ apiVersion: "v1", kind: "Namespace", metadata: { name: stack.namespace } }),
    ).toBeUndefined();
  });

  test("a wrong configuration changes nothing in a stack that is up", async () => {
    const stack = await TestStack.create("turnedwrong", ["kinga"]);
    await stack.up();
    await stack.set("identity.issuer", "http://auth.newjoy.ro/");
    const changed = await stack.changedBy(async () => {
      const { text, steps } = await stack.failingUp();
      expect(text).toContain("identity.issuer");
      expect(steps).toEqual([]);
    });
    expect(changed).toEqual([]);
  });
});

/**
 * Every pod, or other object, whose label begins so gets an annotation when it is made, by which it behaves as
 * tests/rig/cluster/stages.yaml says.
 */
async function afflict(
  namespace: string,
  [label, prefix]: readonly [string, string],
  [annotation, message]: readonly [string, string],
  [group, resource]: readonly [string, string] = ["", "pods"],
): Promise<() => Promise<void>> {
  const name = `afflict-${namespace}`;
  const api = "admissionregistration.k8s.io/v1";
  const policy = {
    apiVersion: api,
    kind: "MutatingAdmissionPolicy",
    metadata: { name },
    spec: {
      reinvocationPolicy: "Never",
      failurePolicy: "Fail",
      matchConstraints: {
        resourceRules: [{ apiGroups: [group], apiVersions: ["v1"], operations: ["CREATE"], resources: [resource] }],
      },
      matchConditions: [
        { name: "pod", expression: `object.metadata.?labels["${label}"].orValue("").startsWith("${prefix}")` },
      ],
      mutations: [
        {
          patchType: "ApplyConfiguration",
          applyConfiguration: {
            expression: `Object{metadata: Object.metadata{annotations: {"homelab-mail.sandbox/${annotation}": ${JSON.stringify(message)}}}}`,
          },
        },
      ],
    },
  };
  const binding = {
    apiVersion: api,
    kind: "MutatingAdmissionPolicyBinding",
    metadata: { name },
    spec: {
      policyName: name,
      matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } },
    },
  };
  await client.create(policy);
  await client.create(binding);
  return async () => {
    await client.delete(binding);
    await client.delete(policy);
  };
}

test("refused settings fail the update with the server's message, and the next update tries again", async () => {
  const stack = await TestStack.create("refused", ["kinga"]);
  const message = "Failed to apply line 7: MtaRoute: invalidProperties: address";
  const accept = await afflict(stack.namespace, ["job-name", "stalwart-settings"], ["fails-with", message]);

  const { text } = await stack.failingUp();
  expect(text).toContain(message);
  // Fetching waits for the settings: without them the server would refuse what is fetched.
  expect(await stack.object("apps/v1", "Deployment", "fetchmail-kinga")).toBeUndefined();

  await accept();
  const { steps } = await stack.up();
  expect(steps).toContain("replace Job stalwart-settings");
  expect(steps).toContain("create Deployment fetchmail-kinga");
  expect((await stack.up()).steps).toEqual([]);
});

test("a refused plan leaves both CronJobs with the settings before it, and the earlier settings can be put back", async () => {
  const stack = await TestStack.create("keeping-on", ["kinga"]);
  await stack.up();
  /** What the pods of both CronJobs mount, by file. */
  const mounted = async (): Promise<Record<string, string>> => {
    const files: Record<string, string> = {};
    for (const name of ["stalwart-settings", "stalwart-reload"]) {
      const { volumes } = (await stack.object("batch/v1", "CronJob", name))?.spec.jobTemplate.spec.template.spec ?? {};
      for (const { secret, configMap } of volumes) {
        if (secret === undefined && configMap === undefined) continue;
        const [kind, object] = secret ? ["Secret", secret.secretName] : ["ConfigMap", configMap.name];
        const found = await stack.object("v1", kind, object);
        if (!found) throw new Error(`${name} mounts ${kind} ${object}, which is not there`);
        for (const [file, text] of Object.entries<string>(found.data)) {
          files[file] = secret ? Buffer.from(text, "base64").toString() : text;
        }
      }
    }
    return files;
  };
  const before = await mounted();
  expect(Object.keys(before)).toEqual(expect.arrayContaining(["plan.ndjson", "reload.ndjson", "accounts.json"]));

  const message = "Failed to apply line 7: MtaRoute: invalidProperties: address";
  const accept = await afflict(stack.namespace, ["job-name", "stalwart-settings"], ["fails-with", message]);
  await stack.set("mailboxes.kinga.aliases[0]", "ki");
  for (const _attempt of [1, 2]) {
    const { text } = await stack.failingUp();
    expect(text).toContain(message);
    expect(await mounted()).toEqual(before);
  }

  await accept();
  await stack.unset("mailboxes.kinga.aliases");
  await stack.up(); // back to settings whose names were taken a moment ago
  expect(await mounted()).toEqual(before);
  await stack.set("mailboxes.kinga.aliases[0]", "ki");
  await stack.up();
  expect((await mounted())["plan.ndjson"]).toContain('"name":"ki"');
  expect((await stack.up()).steps).toEqual([]);
});

test("a mailbox whose login is refused does not hold up the others, and can be removed again", async () => {
  const stack = await TestStack.create("locked", ["alpar"]);
  await stack.up();
  const reason = "INBOX: the provider refuses the login: authentication failed";
  const kinga = ["app.kubernetes.io/instance", "fetchmail-kinga"] as const;
  const restore = await afflict(stack.namespace, kinga, ["not-ready-because", reason]);
  await stack.setSecret("mailboxes.kinga.password", "wrong");
  const { text } = await stack.failingUp(require.resolve("./support/shortTimeouts"));
  expect(text).toContain("fetchmail-kinga");
  expect(text).toContain(reason);
  for (const name of ["stalwart", "roundcube", "fetchmail-alpar"]) {
    const deployment = await stack.object("apps/v1", "Deployment", name);
    expect(deployment?.status.readyReplicas).toBe(1);
  }
  await stack.unset("mailboxes.kinga");
  await stack.up(); // back to settings whose names were taken a moment ago
  expect((await stack.up()).steps).toEqual([]);
  await restore();
});

// cert-manager is simulated here: the kinds are in tests/rig/cluster/homelab.yaml, what it does in stages.yaml.
test("a certificate that waits for DNS ends the update with its name, everything else runs, and the next update goes on", async () => {
  const stack = await TestStack.create("uncertified", ["kinga"]);
  const reason = "Waiting for HTTP-01 challenge propagation: lookup mail.newjoy.ro: no such host";
  const label = ["app.kubernetes.io/name", "stalwart"] as const;
  const resource = ["cert-manager.io", "certificates"] as const;
  const issue = await afflict(stack.namespace, label, ["waits-because", reason], resource);
  const { text } = await stack.failingUp(require.resolve("./support/shortTimeouts"));
  expect(text).toContain("stalwart-tls");
  expect(text).toContain("Issuing certificate as Secret does not exist");
  expect(text).toContain(`HTTP-01 for mail.newjoy.ro: pending, ${reason}`);
  expect((await stack.object("apps/v1", "Deployment", "roundcube"))?.status.readyReplicas).toBe(1);
  expect(await stack.object("networking.k8s.io/v1", "Ingress", "stalwart")).toBeDefined(); // the challenge comes in here
  expect(await stack.object("apps/v1", "Deployment", "stalwart")).toBeUndefined();

  await issue();
  const target = `/apis/cert-manager.io/v1/namespaces/${stack.namespace}/certificates/stalwart-tls`;
  const annotations = { "homelab-mail.sandbox/waits-because": null };
  await client.request("PATCH", target, { metadata: { annotations }, status: null }, "application/merge-patch+json");
  await client.request("PATCH", `${target}/status`, { status: { conditions: null } }, "application/merge-patch+json");
  const { steps } = await stack.up();
  expect(steps).toContain("create Deployment stalwart");
  expect(steps).toContain("create Deployment fetchmail-kinga");
  expect((await stack.up()).steps).toEqual([]);
});
