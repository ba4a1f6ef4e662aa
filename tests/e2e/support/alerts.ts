import type { Alert } from "../../../components/monitoring/alerts";
import { Rules, type Series } from "./prometheus";

/** Prometheus' rules for the tests of a file, and which alerts they tried. */
export function useRules() {
  let made: Rules | undefined;
  const tried = new Set<string>();
  const rules = (): Rules => {
    if (made === undefined) throw new Error("the rules exist only while a test runs");
    return made;
  };
  beforeAll(async () => {
    made = await Rules.create();
  });
  afterAll(() => made?.remove());
  const expectFiring = (
    alert: string,
    series: readonly Series[],
    times: Record<string, number>,
    interval?: string,
  ): void => {
    tried.add(alert);
    rules().expectFiring(alert, series, times, interval);
  };
  return { rules, expectFiring, tried };
}

/** Whether an alert is about the way of mail from the provider to this server; the others are about the server. */
export const isAboutFetching = ({ name, doctor }: Alert): boolean =>
  doctor === "Provider" || name === "MailUnusuallyQuiet";

/** A series of a fetcher. */
export const fetcher = (
  metric: string,
  values: string,
  mailbox = "kinga",
  more = 'folder="INBOX",pod="a"',
): Series => ({
  series: `fetchmail_${metric}{namespace="mail",mailbox="${mailbox}",${more}}`,
  values,
});

/** A series of the mail server. */
export const server = (metric: string, values: string): Series => ({
  series: `${metric}{namespace="mail",pod="s"}`,
  values,
});

/** A series of a CronJob. */
export const cron = (metric: string, cronjob: string, values: string): Series => ({
  series: `${metric}{namespace="mail",cronjob="${cronjob}"}`,
  values,
});
