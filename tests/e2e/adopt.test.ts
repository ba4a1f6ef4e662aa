import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { projectEnvironment, projectFolder } from "../../sandbox/engine";
import { findTools } from "../rig/tools/find";
import { ROOT } from "../support/pages";
import { client, engine, kubeconfig, PASSPHRASE } from "./support/environment";
import { applyOperatorKinds, removeOperatorKinds } from "./support/schemas";
import { TestStack } from "./support/stack";

/** What must be the same afterwards: claims and pods' owners by identity, Secrets by content. */
async function standing(stack: TestStack): Promise<Record<string, string>> {
  // What is named by the settings' hash gets another name from a new state, as it does from every change of the settings.
  const lasting = (await stack.live()).filter(({ metadata }) => !/-[0-9a-f]{10}$/.test(metadata.name));
  const found = lasting.map(({ kind, metadata, data, spec }) => {
    const content = kind === "Secret" ? data : kind === "Deployment" ? spec.template : undefined;
    return [`${kind}/${metadata.name}`, `${metadata.uid} ${JSON.stringify(content)}`] as const;
  });
  return Object.fromEntries(found);
}

/** The command as docs/how-to/lost-state.md has it. */
async function adopt(stack: TestStack, ...more: string[]): Promise<{ code: number | null; text: string }> {
  const { pulumi, searchPath } = await engine();
  const { kubectl } = await findTools(["kubectl"], () => {});
  const wrapper = path.join(stack.path, "pulumi");
  const starter = `exec '${process.execPath}' --require '${ROOT}/start.cjs' '${__dirname}/support/pulumi.ts' "$@"`;
  fs.writeFileSync(wrapper, `#!/bin/sh\n${starter}\n`, { mode: 0o755 });
  const about = { folder: stack.path, stack: stack.name, kubeconfig, passphrase: PASSPHRASE };
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      ...["--require", "./start.cjs", "adopt/main.ts", "--stack", stack.name, "--yes"],
      ...["--project", projectFolder(stack.path), "--pulumi", wrapper, "--kubectl", kubectl as string, ...more],
    ],
    {
      cwd: ROOT,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, ...projectEnvironment(about), PATH: searchPath, REAL_PULUMI: pulumi.command },
    },
  );
  return { code: status, text: `${stdout}${stderr}` };
}

afterAll(() => removeOperatorKinds(client));

test("a stack whose state was lost is taken over by one command: nothing is generated anew, nothing is replaced", async () => {
  await applyOperatorKinds(client);
  const stack = await TestStack.create("lost", ["kinga"]);
  await stack.set("monitoring.enabled", "true");
  await stack.up();
  await stack.set("mailboxes.kinga.displayName", "Kinga");
  await stack.set("hosts.webmail", "mailbox.newjoy.ro"); // so that the lost state's field managers own something
  await stack.up();
  const before = await standing(stack);
  expect(Object.keys(before)).toEqual(expect.arrayContaining(["Secret/roundcube", "Secret/stalwart-metrics"]));

  fs.rmSync(path.join(stack.path, "state"), { recursive: true });
  const ingress = () => stack.object("networking.k8s.io/v1", "Ingress", "roundcube");
  const target = `/apis/networking.k8s.io/v1/namespaces/${stack.namespace}/ingresses/roundcube?fieldManager=kubectl-edit`;
  const byHand = { spec: { ingressClassName: "changed-by-hand" } };
  await client.request("PATCH", target, byHand, "application/merge-patch+json");
  const anew = await TestStack.reopen("lost");
  const first = await adopt(anew);
  expect(first).toMatchObject({ code: 0 });
  expect(await standing(anew)).toEqual(before);
  expect((await ingress())?.spec.ingressClassName).toBe("nginx"); // what somebody changed meanwhile is put right
  const changed = (await anew.up()).steps.filter((step) => !step.startsWith("read ")); // asking is no change
  expect(changed).toEqual([]);
  for (const value of await anew.secretsOf("roundcube", "stalwart-admin", "stalwart-metrics")) {
    if (value === "prometheus") continue; // a user name
    expect(first.text).not.toContain(value);
    expect(fs.readFileSync(path.join(projectFolder(stack.path), "Pulumi.lost.yaml"), "utf8")).not.toContain(value);
  }

  // A second time it finds all as it is, and later changes meet no conflict with the lost state's field managers.
  expect(await adopt(anew)).toMatchObject({ code: 0 });
  expect(await standing(anew)).toEqual(before);
  await anew.set("mailboxes.kinga.displayName", "Somebody");
  await anew.set("hosts.webmail", "post.newjoy.ro");
  await anew.up();
  await anew.unset("monitoring");
  await anew.destroy();
});

test("in a cluster that has nothing of the stack there is nothing to adopt, and nothing is made", async () => {
  const stack = await TestStack.create("nowhere", ["kinga"]);
  const { code, text } = await adopt(stack);
  expect({ code, text: text.trim() }).toEqual({
    code: 2,
    text: expect.stringMatching(
      /^the cluster of the context \S+ has no claim stalwart-data in the namespace e2e-nowhere/,
    ),
  });
  expect(
    await client.read({ apiVersion: "v1", kind: "Namespace", metadata: { name: stack.namespace } }),
  ).toBeUndefined();
});

test.each([
  [["--stack", ""], "--stack is missing"],
  [["--project", "/absent"], "--project: there is no Pulumi.yaml in /absent"],
  [["--force"], "Unknown option '--force'"],
])("bad options end it with 2 and one line: %j", async (options, words) => {
  const stack = await TestStack.create("options", ["kinga"]);
  const { code, text } = await adopt(stack, ...options);
  expect({ code, lines: text.trim().split("\n").length }).toEqual({ code: 2, lines: 1 });
  expect(text).toContain(words);
});
