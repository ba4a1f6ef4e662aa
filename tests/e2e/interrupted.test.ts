import * as fs from "node:fs";
import { TestStack } from "./support/stack";

/** A generator of the same numbers at every run (mulberry32): moments differ from machine to machine enough as it is. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SEED = Number(process.env.HOMELAB_MAIL_SEED ?? 20261128);
const next = random(SEED);
const signals = ["SIGINT", "SIGKILL"] as const;

/** How long an update of each kind takes on this machine, so that moments are spread over all of it. */
const lasts = async (update: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await update();
  return performance.now() - began;
};

const generated = (stack: TestStack): Promise<string[]> => stack.secretsOf("roundcube", "stalwart-admin");

async function converged(stack: TestStack): Promise<void> {
  await stack.recover();
  expect((await stack.up()).steps).toEqual([]);
  const deployments = (await stack.live()).filter(({ kind }) => kind === "Deployment");
  const ready = deployments.filter(({ status }) => status.readyReplicas === 1).map(({ metadata }) => metadata.name);
  expect(ready).toEqual(expect.arrayContaining(["fetchmail-kinga", "roundcube", "stalwart"]));
  expect(ready).toHaveLength(deployments.length);
}

let whole: number;
let stack: TestStack;

beforeAll(async () => {
  process.stdout.write(`seed of the moments: ${SEED}\n`);
  stack = await TestStack.create("interrupted", ["kinga"]);
  whole = await lasts(() => stack.up());
});

test.each([0, 1, 2, 3, 4, 5])("a first update that is interrupted goes through the next time (%i)", async (n) => {
  const fresh = await TestStack.create(`interrupted${n}`, ["kinga"]);
  await fresh.interruptedUp(signals[n % 2] as "SIGINT", next() * whole);
  await converged(fresh);
  await fresh.destroy();
});

test.each([
  ["the state", (file: string) => [file]],
  ["the content types that the engine keeps beside the state", (file: string) => fs.globSync(`${file}*.attrs`)],
])("an update goes through after a kill that cut the writing of %s", async (_, cut) => {
  const files = cut(stack.stateFile);
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) fs.truncateSync(file);
  await converged(stack);
});

test("a change that is interrupted goes through the next time, fourteen times, and what was generated stays", async () => {
  const before = await generated(stack);
  expect(before.length).toBeGreaterThan(1);
  const change = async (n: number): Promise<void> => {
    if (n % 3 === 0) await stack.setSecret("mailboxes.dora.password", "imap-Passw0rd-of-dora");
    else if (n % 3 === 1) await stack.set("resources.fetchmail.limits.cpu", `${400 + n}m`);
    else await stack.unset("mailboxes.dora");
    await stack.setSecret("relay.password", `relay-Passw0rd-${n}`);
  };
  await change(0);
  const usual = await lasts(() => stack.up());
  for (let n = 1; n <= 14; n++) {
    await change(n);
    await stack.interruptedUp(signals[n % 2] as "SIGINT", next() * usual);
    await converged(stack);
    expect(await generated(stack)).toEqual(before);
  }
});
