import { type WaitOptions, eventually as within } from "../../support/wait";
import type { Station } from "./station";

/** With longer timeouts: a dozen stations at a time have two cores between them. */
const eventually: typeof within = (what, check, options: WaitOptions = {}) =>
  within(what, check, { seconds: 300, ...options });

const said = (station: Station): string => `${station.pod.log}\n${station.front.commands.join("\n")}`;

/** So many messages were handed to the mail server, repetitions included. */
export const arrived = (station: Station, count: number, seconds?: number): Promise<unknown> =>
  eventually(`${count} deliveries`, () => station.sink.deliveries.length >= count, {
    ...(seconds !== undefined && { seconds }),
    more: () => said(station),
  });

/** The pod's readiness probe succeeds. */
export const ready = (station: Station): Promise<unknown> =>
  eventually("readiness", () => station.pod.ready().ready, {
    every: 500,
    more: () => `${station.pod.ready().text}\n${said(station)}`,
  });

/** Nothing is left at the provider, in any folder. */
export const emptied = (station: Station): Promise<unknown> =>
  eventually("an empty provider", async () => (await station.waiting()) === 0, {
    every: 500,
    more: () => said(station),
  });

/** What the fetcher says of itself now, and has said so far. */
export const words = (station: Station): string => `${station.pod.ready().text}\n${station.pod.log}`;

/** It says so, in its log or its readiness. */
export const reported = (station: Station, what: RegExp, seconds?: number): Promise<unknown> =>
  eventually(`words like ${what}`, () => what.test(words(station)), {
    every: 500,
    ...(seconds !== undefined && { seconds }),
    more: () => said(station),
  });

/** Different messages were handed to the mail server, repetitions aside. */
export const differentOnes = (station: Station, count: number, seconds?: number): Promise<unknown> =>
  eventually(
    `${count} different messages`,
    async () => {
      if (station.sink.deliveries.length < count) return false;
      const { delivered, duplicates } = await station.account();
      return delivered - duplicates >= count;
    },
    { every: 500, ...(seconds !== undefined && { seconds }), more: () => said(station) },
  );

/** The most logins that the provider saw in any minute. */
export function loginsInAMinute({ front }: Station): number {
  const within = (from: number): number => front.loginTimes.filter((at) => at >= from && at < from + 60_000).length;
  return Math.max(0, ...front.loginTimes.map(within));
}
