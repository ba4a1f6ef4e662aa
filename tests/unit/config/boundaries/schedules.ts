import type { Boundaries } from "./boundary";

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const pairs = (names: readonly string[]) =>
  names.flatMap((first, n) => names.slice(n + 1).map((last) => [first, last] as const));
const field = (at: number, values: readonly string[]) =>
  values.map((value) => ["0", "0", "*", "*", "*"].with(at, value).join(" "));

/** About the five fields of a schedule. */
export const ofSchedules: Boundaries = {
  "a schedule": {
    key: "backup.schedule",
    config: (schedule) => ({ backup: { snapshotClass: "fast", schedule } }),
    good: [
      ...field(0, ["0", "59", "*/1", "*/99", "0-59", "1,2,3-4/5", "?"]),
      ...field(1, ["23"]),
      ...field(2, ["1", "31"]),
      ...field(3, ["1", "12", ...months, ...pairs(months).map((ends) => ends.join("-"))]),
      ...field(4, ["0", "6", ...days, ...pairs(days).map((ends) => ends.join("-"))]),
      ...months.flatMap((name, n) => field(3, [`${n + 1}-${name}`, `${name}-${n + 1}`])),
      ...days.flatMap((name, n) => field(4, [`${n}-${name}`, `${name.toUpperCase()}-${n}`])),
      "0  0\t* * *",
    ],
    bad: [
      ...field(0, ["60", "*/0", "*/100", "*/x", "1,", "-1", "1-", "100", "jan", "sun", "*-5"]),
      ...field(1, ["24", "sun"]),
      ...field(2, ["0", "32", "jan"]),
      ...field(3, ["0", "13", "sun", ...pairs(months).map(([first, last]) => `${last}-${first}`)]),
      ...field(4, ["7", "jan", ...pairs(days).map(([first, last]) => `${last}-${first}`)]),
    ],
  },
};
