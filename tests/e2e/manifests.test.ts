import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import type { KubeObject } from "../../lib/kubectl";
import { folder } from "./support/environment";
import { TestStack } from "./support/stack";
import { checkov, kubernetesValidate, kubeScore } from "./support/tools";

const KUBERNETES = "1.36";

interface Waiver {
  readonly check: string;
  /** Kind/name, where `*` stands for anything. */
  readonly object: string;
  readonly reason: string;
}

interface Found {
  readonly check: string;
  /** Kind/name, with HASH in place of what tells an object's content. */
  readonly object: string;
  readonly says: string;
}

const withoutHash = (name: string): string => name.replace(/-[0-9a-f]{10,}$/, "-HASH");

/** Everything that is found has a waiver with a reason, and a waiver that nothing needs any more does not hide the next finding. */
function expectWaived(file: string, found: readonly Found[]): void {
  const waivers: Waiver[] = parse(fs.readFileSync(path.join(__dirname, file), "utf8"));
  const waived = (waiver: Waiver, { check, object }: Found): boolean =>
    waiver.check === check && matches(waiver.object, object);
  expect(found.filter((one) => !waivers.some((waiver) => waived(waiver, one)))).toEqual([]);
  expect(waivers.filter((waiver) => !found.some((one) => waived(waiver, one)))).toEqual([]);
  expect(waivers.filter(({ reason }) => reason.length < 20)).toEqual([]);
}

let manifests: string;
let objects: KubeObject[];

/** What the program asked for, as the engine recorded it: the API server drops fields that it does not know. */
beforeAll(async () => {
  const stack = await TestStack.create("manifests");
  await stack.set("hosts.autoconfig", "autoconfig.newjoy.ro");
  await stack.set("service.address", "192.168.1.25");
  await stack.set("service.sourceRanges[0]", "192.168.0.0/16");
  await stack.set("cluster.relayNamespaces[0]", "nextcloud");
  await stack.set("migrations.old.mailbox", "kinga");
  await stack.set("migrations.old.from.host", "imap.example.org");
  await stack.set("migrations.old.from.user", "kinga@example.org");
  await stack.setSecret("migrations.old.from.password", "S3cret-old");
  await stack.up();
  const { deployment } = await stack.stack.exportStack();
  const resources: KubeObject[] = deployment.resources;
  objects = resources
    .filter(({ type }) => type.startsWith("kubernetes:") && !type.endsWith("Patch"))
    .map(({ inputs }) => shown(inputs));
  manifests = path.join(folder, "manifests.yaml");
  fs.writeFileSync(manifests, objects.map((object) => stringify(object)).join("---\n"), { mode: 0o600 });
});

/** With secrets in place of their wrappers. */
// biome-ignore lint/suspicious/noExplicitAny: property values of every shape
function shown(value: any): any {
  if (Array.isArray(value)) return value.map(shown);
  if (value === null || typeof value !== "object") return value;
  if (typeof value.plaintext === "string" && "4dabf18193072939515e22adb298388d" in value)
    return JSON.parse(value.plaintext);
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, shown(v)]));
}

const matches = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .split("*")
      .map((part) => part.replace(/[.\\+?^${}()|[\]]/g, "\\$&"))
      .join(".*")}$`,
  ).test(text);

test("every object fits Kubernetes' own schema, with no field that it does not know", () => {
  const builtIn = objects.filter(({ kind }) => kind !== "Certificate"); // the CRD's own schema has checked those
  const file = path.join(folder, "built-in.yaml");
  fs.writeFileSync(file, builtIn.map((object) => stringify(object)).join("---\n"), { mode: 0o600 });
  const validate = (target: string) =>
    spawnSync(kubernetesValidate(), ["--strict", "-k", KUBERNETES, "--quiet", target], { encoding: "utf8" });
  const { status, stdout, stderr } = validate(file);
  expect(`${stdout}${stderr}`).toBe("");
  expect(status).toBe(0);

  const wrong = path.join(folder, "wrong.yaml");
  const [deployment] = structuredClone(builtIn.filter(({ kind }) => kind === "Deployment"));
  fs.writeFileSync(wrong, stringify({ ...deployment, spec: { ...deployment?.spec, replica: 1 } }), { mode: 0o600 });
  expect(validate(wrong).status).not.toBe(0); // the check itself can fail
});

test("kube-score finds nothing critical that is not waived with a reason", async () => {
  const args = ["score", "--output-format", "json", "--kubernetes-version", `v${KUBERNETES}`, manifests];
  const { stdout, stderr } = spawnSync(await kubeScore(), args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  expect(stderr).toBe("");
  const scored: KubeObject[] = JSON.parse(stdout);
  expect(scored.length).toBeGreaterThan(10);

  const critical = scored.flatMap(({ type_meta, object_meta, checks }) =>
    (checks as KubeObject[])
      .filter(({ grade, skipped }) => grade === 1 && !skipped)
      .map(({ check, comments }) => ({
        check: check.id as string,
        object: `${type_meta.kind}/${withoutHash(object_meta.name)}`,
        says: (comments ?? []).map((comment: KubeObject) => `${comment.path} ${comment.summary}`).join("; "),
      })),
  );
  expectWaived("kube-score-waivers.yaml", critical);
});

test("checkov finds nothing that is not waived with a reason", () => {
  const args = [
    "--file",
    manifests,
    "--framework",
    "kubernetes",
    "--output",
    "json",
    "--compact",
    "--skip-download",
    "--soft-fail",
  ];
  const { stdout, stderr, status } = spawnSync(checkov(), args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  expect([status, stderr]).toEqual([0, ""]);
  const { results, summary }: KubeObject = JSON.parse(stdout);
  expect(summary.passed).toBeGreaterThan(500);
  expectWaived(
    "checkov-waivers.yaml",
    (results.failed_checks as KubeObject[]).map(({ check_id, check_name, resource }) => {
      const [kind, , name] = (resource as string).split(".");
      return { check: check_id as string, object: `${kind}/${withoutHash(name ?? "")}`, says: check_name as string };
    }),
  );
});
