import { ofAmounts } from "./boundaries/amounts";
import { ofSchedules } from "./boundaries/schedules";
import { ofTexts } from "./boundaries/texts";
import { reportOf, working } from "./support";

const boundaries = Object.entries({ ...ofTexts, ...ofAmounts, ...ofSchedules });

describe("the boundary of what the configuration accepts", () => {
  test.each(boundaries)("the boundary of what the configuration accepts: %s", (_what, boundary) => {
    const named = (value: unknown) => {
      const report = reportOf({ ...working, ...boundary.config(value as string) });
      return report.split("\n").some((line) => line.startsWith(`  ${boundary.key}`));
    };
    expect(boundary.good.filter(named)).toEqual([]);
    expect(boundary.bad.filter((value) => !named(value))).toEqual([]);
  });
});
