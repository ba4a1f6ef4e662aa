import type { Catalogue, Verdict } from "../../../../doctor/verdict";

/** For each trouble of a catalogue, by "check.code", what the check says when it was provoked. */
export type Provoked = Readonly<Record<string, readonly Verdict[]>>;

export const troublesOf = (catalogue: Catalogue): string[] =>
  Object.entries(catalogue).flatMap(([check, { troubles }]) => Object.keys(troubles).map((code) => `${check}.${code}`));

/** Every trouble that the docs explain can be provoked, and is told with its own words and level. */
export function everyTroubleIsTold(catalogue: Catalogue, provoked: Provoked): void {
  test("there is a provoked failure for each thing that can be wrong", () => {
    expect(Object.keys(provoked).sort()).toEqual(troublesOf(catalogue).sort());
  });

  test.each(Object.entries(provoked))("%s is told, with what mends it", (name, verdicts) => {
    const [check = "", code = ""] = name.split(".");
    const told = verdicts.find((verdict) => verdict.check === check && verdict.code === code);
    expect({ name, said: verdicts.map((v) => `${v.check}.${v.code}`), told: told !== undefined }).toMatchObject({
      told: true,
    });
    const { level, stops = [], hides = [] } = catalogue[check]?.troubles[code] ?? {};
    expect(told).toMatchObject({ level, stops, hides });
    expect(`${told?.meaning} ${told?.mend}`).not.toMatch(/[{}]|undefined|NaN|\[object/);
    expect(told?.mend).toBeTruthy();
  });
}

/** When nothing is wrong, every check says ok. */
export function nothingIsWrong(
  verdicts: readonly Verdict[],
  catalogue: Catalogue,
  except: readonly string[] = [],
): void {
  test("a stack that works is ok in every check", () => {
    expect(verdicts.filter(({ level }) => level !== "ok")).toEqual([]);
    const checks = Object.keys(catalogue).filter((check) => !except.includes(check));
    expect([...new Set(verdicts.map(({ check }) => check))].sort()).toEqual(checks.sort());
    for (const { meaning } of verdicts) expect(meaning).not.toMatch(/[{}]|undefined|NaN/);
  });
}
