import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubectl } from "../../../../doctor/clients/kubectl";

const folder = mkdtempSync(join(tmpdir(), "kubectl-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A kubectl that says what the real one was seen to say. */
function saying(words: string) {
  const command = join(folder, `${words.length}`);
  writeFileSync(command, `#!/bin/sh\necho '${words}' >&2\nexit 1\n`, { mode: 0o755 });
  return kubectl({ command, namespace: "mail", limit: 60_000 });
}

test.each([
  'Error from server (NotFound): services "kube-dns" not found',
  "Error from server (NotFound): the server could not find the requested resource",
])("kubectl's answer that an object does not exist is told from one that it cannot be read: %s", async (words) => {
  expect(await saying(words).get("/api/v1/x")).toBeUndefined();
});

test("an object that cannot be read with kubectl is reported with the reason", async () => {
  const words = 'Error from server (Forbidden): services "kube-dns" is forbidden: User "kinga" cannot get resource';
  await expect(saying(words).get("/api/v1/x")).rejects.toThrow("is forbidden");
});
