import { defineMessages } from "../../../doctor/messages";
import { metaCatalog, notChecked } from "../../../doctor/notChecked";
import { answers, exitCode, type Result, worst } from "../../../doctor/result";
import { type Check, runCheck, runChecks } from "../../../doctor/run";
import { reportsEveryFailure } from "./support/provoke";

const ok: Result = {
  group: "dns",
  check: "mx",
  code: "ok",
  level: "ok",
  title: "MX",
  message: "fine",
  breaks: [],
  obscures: [],
};
const of = (run: Check["run"], limit = 10_000): Check => ({ group: "dns", limit, obscures: ["in"], run });
const never = (): Promise<never> => new Promise(() => {});

test("a check that never ends is aborted at its limit and reports that", async () => {
  let told: AbortSignal | undefined;
  const results = await runCheck(
    of((signal) => {
      told = signal;
      return never();
    }, 20),
  );
  expect(results).toMatchObject([{ level: "failure", code: "slow", obscures: ["in"] }]);
  expect(told?.aborted).toBe(true);
});

test("a check that fails reports the reason, and the other checks run all the same", async () => {
  const results = await runChecks([of(() => Promise.reject(new Error("no cluster"))), of(async () => [ok])]);
  expect(results.map(({ code }) => code)).toEqual(["broken", "ok"]);
  expect(results[0]?.message).toContain("no cluster");
});

test("all checks of the doctor run at the same time", async () => {
  let begun = 0;
  const waitForBoth = (): Promise<readonly Result[]> =>
    new Promise((resolve) => {
      begun += 1;
      const wait = (): unknown => (begun === 2 ? resolve([ok]) : setImmediate(wait));
      wait();
    });
  expect(await runChecks([of(waitForBoth), of(waitForBoth)])).toEqual([ok, ok]);
});

reportsEveryFailure(metaCatalog, {
  "meta.slow": [notChecked("dns", "slow", { seconds: 25 }, [])],
  "meta.broken": [notChecked("dns", "broken", { reason: "no cluster" }, [])],
  "meta.skipped": [notChecked("dns", "skipped", { reason: "the configuration is not known" }, [])],
});

describe("the last line", () => {
  const failing: Result = { ...ok, level: "failure", breaks: ["in"] };

  test("the doctor's last line says yes when no failure prevents it", () => {
    expect(answers([ok])).toEqual({ in: "yes", out: "yes", read: "yes" });
  });
  test("the doctor's last line says no for what a failure breaks, and only for that", () => {
    expect(answers([ok, failing])).toEqual({ in: "no", out: "yes", read: "yes" });
  });
  test("the doctor's last line never says yes to what could not be checked", () => {
    expect(answers([ok, { ...ok, level: "failure", obscures: ["out"] }])).toEqual({
      in: "yes",
      out: "unknown",
      read: "yes",
    });
    expect(answers([])).toEqual({ in: "unknown", out: "unknown", read: "unknown" });
  });
});

test("the doctor's exit code is 0, 1 with warnings, 2 with failures, and 2 when nothing was checked", () => {
  const codes = [[ok], [ok, { ...ok, level: "warning" as const }], [{ ...ok, level: "failure" as const }, ok], []];
  expect(codes.map((results) => exitCode(worst(results)))).toEqual([0, 1, 2, 2]);
});

test("a message without a value for one of its parameters is an error", () => {
  const messages = defineMessages("dns", {
    mx: { title: "MX", description: "", ok: "mail to {domain}", failures: {} },
  });
  expect(() => messages.ok("mx", {} as never)).toThrow("{domain}");
});
