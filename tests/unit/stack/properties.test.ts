import fc from "fast-check";
import { deploy, type RawConfig } from "../../support/deploy";
import { hardeningProblems, podsOf } from "../../support/kubernetes";
import { goodConfig } from "../config/arbitraries";

const SECRET_KEYS = new Set(["password", "apiKey"]);

/** Puts a text that can be searched for in place of every secret. */
function marked(value: unknown, path = ""): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [
      key,
      SECRET_KEYS.has(key) ? `S3cret-${path}-${key}` : marked(child, `${path}${key}-`),
    ]),
  );
}

describe("any stack", () => {
  it("any stack keeps secrets in Secrets, hardens every pod, and gives each mailbox one fetcher", async () => {
    await fc.assert(
      fc.asyncProperty(goodConfig, async (drawn) => {
        const config = marked(drawn) as RawConfig;
        const { recorder } = await deploy(config);
        const objects = recorder.resources.filter((r) => r.type.startsWith("kubernetes:"));
        for (const object of objects.filter((o) => o.inputs.kind !== "Secret")) {
          expect(JSON.stringify(object.inputs)).not.toContain("S3cret-");
        }
        expect(podsOf(recorder).flatMap(hardeningProblems)).toEqual([]);
        const fetchers = recorder.kind("Deployment").map((d) => d.inputs.metadata.name as string);
        const wanted = Object.keys(config.mailboxes as object).map((name) => `fetchmail-${name}`);
        expect(fetchers.filter((name) => name.startsWith("fetchmail-")).sort()).toEqual(wanted.sort());
      }),
      { numRuns: 15 },
    );
  });
});
