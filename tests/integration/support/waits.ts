import { type WaitOptions, eventually as within } from "../../support/wait";
import { expectDocumented } from "./docs";
import type { FetcherFixture } from "./fetcherFixture";

/** With longer timeouts: a dozen fetchers at a time have two cores between them. */
const eventually: typeof within = (what, check, options: WaitOptions = {}) =>
  within(what, check, { seconds: 300, ...options });

const said = (fetcher: FetcherFixture): string => `${fetcher.pod.log}\n${fetcher.faultyProxy.commands.join("\n")}`;

/** So many messages were handed to the mail server, repetitions included. */
export const arrived = (fetcher: FetcherFixture, count: number, seconds?: number): Promise<unknown> =>
  eventually(`${count} deliveries`, () => fetcher.sink.deliveries.length >= count, {
    ...(seconds !== undefined && { seconds }),
    more: () => said(fetcher),
  });

/** The pod's readiness probe succeeds. */
export const ready = (fetcher: FetcherFixture): Promise<unknown> =>
  eventually("readiness", () => fetcher.pod.ready().ready, {
    every: 500,
    more: () => `${fetcher.pod.ready().text}\n${said(fetcher)}`,
  });

/** Nothing is left at the provider, in any folder. */
export const emptied = (fetcher: FetcherFixture): Promise<unknown> =>
  eventually("an empty provider", async () => (await fetcher.waiting()) === 0, {
    every: 500,
    more: () => said(fetcher),
  });

/** What the fetcher says of itself now, and has said so far. */
export const words = (fetcher: FetcherFixture): string => `${fetcher.pod.ready().text}\n${fetcher.pod.log}`;

/** It says so, in its log or its readiness. */
export const reported = (fetcher: FetcherFixture, what: RegExp, seconds?: number): Promise<unknown> =>
  eventually(`words like ${what}`, () => what.test(words(fetcher)), {
    every: 500,
    ...(seconds !== undefined && { seconds }),
    more: () => said(fetcher),
  });

/** Different messages were handed to the mail server, repetitions aside. */
export const differentOnes = (fetcher: FetcherFixture, count: number, seconds?: number): Promise<unknown> =>
  eventually(
    `${count} different messages`,
    async () => {
      if (fetcher.sink.deliveries.length < count) return false;
      const { delivered, duplicates } = await fetcher.account();
      return delivered - duplicates >= count;
    },
    { every: 500, ...(seconds !== undefined && { seconds }), more: () => said(fetcher) },
  );

/** The most logins that the provider saw in any minute. */
export function loginsInAMinute({ faultyProxy }: FetcherFixture): number {
  const within = (from: number): number =>
    faultyProxy.loginTimes.filter((at) => at >= from && at < from + 60_000).length;
  return Math.max(0, ...faultyProxy.loginTimes.map(within));
}

/** Waits until the readiness shows this reason, which docs/reference/fetcher.md has to explain. */
export async function trouble(fetcher: FetcherFixture, reason: RegExp, seconds = 120): Promise<void> {
  let text = "";
  const shows = (): boolean => {
    text = fetcher.pod.ready().text;
    return reason.test(text);
  };
  await within(`trouble ${reason}`, shows, { seconds, every: 1000, more: () => `${text}\n${fetcher.pod.log}` });
  console.log(text);
  expectDocumented(text);
}
