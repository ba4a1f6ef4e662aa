const months = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec";
const days = "sun|mon|tue|wed|thu|fri|sat";
/** Names and ranges of the five fields, as the CronJob controller's parser has them (robfig/cron v3): Sunday is 0 only. */
const fields: readonly (readonly [from: number, to: number, names: string])[] = [
  [0, 59, ""],
  [0, 23, ""],
  [1, 31, ""],
  [1, 12, months],
  [0, 6, days],
];

function fits(part: string, [from, to, names]: (typeof fields)[number]): boolean {
  const known = names.split("|");
  const at = (word: string): number =>
    /^\d{1,2}$/.test(word)
      ? Number(word)
      : names !== "" && known.includes(word.toLowerCase())
        ? from + known.indexOf(word.toLowerCase())
        : -1;
  const [range = "", step, ...more] = part.split("/");
  if (more.length > 0 || (step !== undefined && !/^[1-9]\d?$/.test(step))) return false;
  if (range === "*" || range === "?") return true;
  const [first = "", last = first, ...others] = range.split("-");
  return others.length === 0 && at(first) >= from && at(last) <= to && at(first) <= at(last);
}

/** A cron schedule with five fields. */
export function isSchedule(text: string): boolean {
  const parts = text.split(/\s+/);
  return (
    parts.length === fields.length &&
    fields.every((field, n) => parts[n]?.split(",").every((part) => fits(part, field)))
  );
}
