import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { defaultImages } from "../../../config/images";
import { names } from "../../../config/names";
import { projectFolder } from "../../../sandbox/engine";
import { stackNamespace, testUser } from "../../rig/environment/names";
import { checkOut, previousRelease } from "../../support/previousRelease";
import { eventually, sleep } from "../../support/wait";
import type { LiveFixture } from "../support/fixture";

export function upgradeScenarios(fixture: LiveFixture): void {
  describe("an upgrade from the previous release", () => {
    beforeAll(async () => {
      const root = checkOut(previousRelease(), path.join(fixture.folder, "previous-release"));
      await fixture.live.stack.destroy();
      // The release begins with volumes of its own: an older one cannot go on from settings that it does not know.
      for (const name of [names.dataClaim, names.webmailClaim]) {
        const claim = {
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          metadata: { name, namespace: stackNamespace },
        };
        await fixture.live.client.delete(claim);
        await eventually(
          `the claim ${name} is gone`,
          async () => (await fixture.live.client.read(claim)) === undefined,
        );
      }
      // A release brings its own defaults, and its Pulumi.yaml tells which images it knows.
      const settings = path.join(projectFolder(fixture.folder), "Pulumi.yaml");
      const now = fs.readFileSync(settings);
      const before = fs.readFileSync(path.join(root, "Pulumi.yaml"), "utf8");
      fs.writeFileSync(settings, before);
      const known = Object.keys(parse(before).config.images.default);
      // The images that the node has: a release may have pinned others.
      const images = Object.entries(defaultImages).map(
        ([name, image]) => [name, fixture.options.config[`images.${name}`] ?? image] as const,
      );
      await fixture.live.stack.removeConfig("images");
      for (const [name, image] of images.filter(([name]) => known.includes(name)))
        await fixture.set(`images.${name}`, image);
      await fixture.live.stack.setConfig("kubernetes:upsertExistingObjects", { value: "true" });
      await fixture.up(() => require(path.join(root, "index"))());
      await fixture.live.stack.removeConfig("kubernetes:upsertExistingObjects");
      fs.writeFileSync(settings, now);
      for (const [name, image] of images) await fixture.set(`images.${name}`, image);
      await eventually("mail is opened by a token", () => fixture.programs.subjects(testUser.name, fixture.token), {
        seconds: 420,
      });
    });

    test("mail flows during an upgrade from the previous release: what comes every second arrives, each message once", async () => {
      const sent: string[] = [];
      let isOver = false;
      const sending = (async () => {
        while (!isOver) {
          const subject = `meanwhile ${sent.length}`;
          await fixture.programs.putAtProvider(testUser.name, [subject]);
          sent.push(subject);
          await sleep(1_000);
        }
      })();
      await fixture.up().finally(() => {
        isOver = true;
      });
      await sending;
      expect(sent.length).toBeGreaterThan(3);
      const arrived = async (): Promise<string[]> => {
        const subjects = await fixture.programs.subjects(testUser.name, fixture.token);
        return subjects.filter((subject) => sent.includes(subject)).sort();
      };
      await eventually(
        "all of it is in the inbox, and nothing left at the provider",
        async () =>
          new Set(await arrived()).size === sent.length && (await fixture.programs.undelivered(testUser.name)) === 0,
        { seconds: 300 },
      );
      expect(await arrived()).toEqual([...sent].sort());
    });
  });
}
