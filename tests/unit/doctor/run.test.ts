import { type Look, look, lookAtAll } from "../../../doctor/run";
import { answers, exitCode, speaker, type Verdict, worst } from "../../../doctor/verdict";
import { lookingTexts, unseen } from "../../../doctor/verdicts/looking";
import { everyTroubleIsTold } from "./verdicts/provoke";

const ok: Verdict = {
  group: "dns",
  check: "mx",
  code: "ok",
  level: "ok",
  title: "MX",
  meaning: "fine",
  stops: [],
  hides: [],
};
const of = (run: Look["run"], limit = 10_000): Look => ({ group: "dns", limit, hides: ["in"], run });
const never = (): Promise<never> => new Promise(() => {});

test("a look that never ends is cut off, says so, and is told to stop", async () => {
  let told: AbortSignal | undefined;
  const verdicts = await look(
    of((signal) => {
      told = signal;
      return never();
    }, 20),
  );
  expect(verdicts).toMatchObject([{ level: "failure", code: "slow", hides: ["in"] }]);
  expect(told?.aborted).toBe(true);
});

test("a look that fails tells why, and the others go on", async () => {
  const verdicts = await lookAtAll([of(() => Promise.reject(new Error("no cluster"))), of(async () => [ok])]);
  expect(verdicts.map(({ code }) => code)).toEqual(["broken", "ok"]);
  expect(verdicts[0]?.meaning).toContain("no cluster");
});

test("all looks are under way before the first one is over", async () => {
  let begun = 0;
  const waitForBoth = (): Promise<readonly Verdict[]> =>
    new Promise((resolve) => {
      begun += 1;
      const wait = (): unknown => (begun === 2 ? resolve([ok]) : setImmediate(wait));
      wait();
    });
  expect(await lookAtAll([of(waitForBoth), of(waitForBoth)])).toEqual([ok, ok]);
});

everyTroubleIsTold(lookingTexts, {
  "looking.slow": [unseen("dns", "slow", { seconds: 25 }, [])],
  "looking.broken": [unseen("dns", "broken", { reason: "no cluster" }, [])],
  "looking.skipped": [unseen("dns", "skipped", { reason: "the configuration is not known" }, [])],
});

describe("the last line", () => {
  const failing: Verdict = { ...ok, level: "failure", stops: ["in"] };

  test("says yes when nothing is in the way", () => {
    expect(answers([ok])).toEqual({ in: "yes", out: "yes", read: "yes" });
  });
  test("says no for what a failure stops, and only for that", () => {
    expect(answers([ok, failing])).toEqual({ in: "no", out: "yes", read: "yes" });
  });
  test("never says yes to what could not be looked at", () => {
    expect(answers([ok, { ...ok, level: "failure", hides: ["out"] }])).toEqual({
      in: "yes",
      out: "unknown",
      read: "yes",
    });
    expect(answers([])).toEqual({ in: "unknown", out: "unknown", read: "unknown" });
  });
});

test("the exit code is 0, 1 with warnings, 2 with failures, and 2 when nothing was looked at", () => {
  const codes = [[ok], [ok, { ...ok, level: "warning" as const }], [{ ...ok, level: "failure" as const }, ok], []];
  expect(codes.map((verdicts) => exitCode(worst(verdicts)))).toEqual([0, 1, 2, 2]);
});

test("a text with a gap that nobody fills is an error and not a text with a gap", () => {
  const { fine } = speaker("dns", { mx: { title: "MX", looks: "", ok: "mail to {domain}", troubles: {} } });
  expect(() => fine("mx", {} as never)).toThrow("{domain}");
});
