import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import type { MonitoredStack } from "../../../components/monitoring/metrics";
import { ruleGroups } from "../../../components/monitoring/rules";
import { promtool } from "./tools";

export const watched: MonitoredStack = { namespace: "mail", mailboxes: ["kinga", "alpar"] };

/** A series in promtool's notation: `0+60x100` begins at 0, grows by 60, a hundred times. */
export interface Series {
  readonly series: string;
  readonly values: string;
}

/** Rules, evaluated by promtool as Prometheus evaluates them. */
export class Rules {
  private constructor(
    private readonly command: string,
    readonly folder: string,
  ) {}

  static async create(): Promise<Rules> {
    const rules = new Rules(await promtool(), fs.mkdtempSync(path.join(os.tmpdir(), "rules-")));
    fs.writeFileSync(rules.file("rules.yaml"), stringify({ groups: ruleGroups(watched) }));
    return rules;
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  remove(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  /** What promtool says to a subcommand. */
  run(args: readonly string[], input?: string): { status: number | null; text: string } {
    const { status, stdout, stderr } = spawnSync(this.command, args, { encoding: "utf8", input });
    return { status, text: `${stdout}${stderr}` };
  }

  /** Runs `test rules` with expectations about queries; throws what promtool says when one does not hold. */
  expect(
    series: readonly Series[],
    queries: readonly { readonly at: string; readonly expr: string; readonly is: number }[],
    interval = "1m",
  ): void {
    // Days are looked at every ten minutes; every minute of them would take one.
    const groups = ruleGroups(watched).map((group) => ({ ...group, interval: interval === "1m" ? "1m" : "10m" }));
    fs.writeFileSync(this.file("tried.yaml"), stringify({ groups }));
    const test = {
      rule_files: ["tried.yaml"],
      evaluation_interval: groups[0]?.interval,
      tests: [
        {
          interval,
          input_series: series,
          promql_expr_test: queries.map(({ at, expr, is }) => ({
            eval_time: at,
            expr,
            exp_samples: [{ labels: "{}", value: is }],
          })),
        },
      ],
    };
    fs.writeFileSync(this.file("test.yaml"), stringify(test));
    execFileSync(this.command, ["test", "rules", this.file("test.yaml")], { encoding: "utf8" });
  }

  /** How an alert expectFiring: how many of it fire, at points of time. */
  expectFiring(
    alert: string,
    series: readonly Series[],
    times: Readonly<Record<string, number>>,
    interval?: string,
  ): void {
    const firing = `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`;
    this.expect(
      series,
      Object.entries(times).map(([at, is]) => ({ at, expr: firing, is })),
      interval,
    );
  }
}
