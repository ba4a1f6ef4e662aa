import { eventually } from "../../support/wait";
import type { Station } from "./station";

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
  eventually("an empty provider", async () => (await station.account()).atProvider === 0, {
    every: 500,
    more: () => said(station),
  });
