import type { MessageCatalog } from "../../../../doctor/messages";
import type { Result } from "../../../../doctor/result";

/** For each trouble of a catalog, by "check.code", what the check says when it was provoked. */
export type Provoked = Readonly<Record<string, readonly Result[]>>;

export const failuresOf = (catalog: MessageCatalog): string[] =>
  Object.entries(catalog).flatMap(([check, { failures }]) => Object.keys(failures).map((code) => `${check}.${code}`));

/** Every trouble that the docs explain can be provoked, and is told with its own words and level. */
export function reportsEveryFailure(catalog: MessageCatalog, provoked: Provoked): void {
  test("each failure in the messages is caused by a test", () => {
    expect(Object.keys(provoked).sort()).toEqual(failuresOf(catalog).sort());
  });

  test.each(Object.entries(provoked))("%s is reported, with its fix", (name, results) => {
    const [check = "", code = ""] = name.split(".");
    const told = results.find((result) => result.check === check && result.code === code);
    expect({ name, said: results.map((v) => `${v.check}.${v.code}`), told: told !== undefined }).toMatchObject({
      told: true,
    });
    const { level, breaks = [], obscures = [] } = catalog[check]?.failures[code] ?? {};
    expect(told).toMatchObject({ level, breaks, obscures });
    expect(`${told?.message} ${told?.fix}`).not.toMatch(/[{}]|undefined|NaN|\[object/);
    expect(told?.fix).toBeTruthy();
  });
}

/** When nothing is wrong, every check says ok. */
export function reportsOkForAWorkingStack(
  results: readonly Result[],
  catalog: MessageCatalog,
  except: readonly string[] = [],
): void {
  test("a working stack is ok in every check", () => {
    expect(results.filter(({ level }) => level !== "ok")).toEqual([]);
    const checks = Object.keys(catalog).filter((check) => !except.includes(check));
    expect([...new Set(results.map(({ check }) => check))].sort()).toEqual(checks.sort());
    for (const { message } of results) expect(message).not.toMatch(/[{}]|undefined|NaN/);
  });
}
