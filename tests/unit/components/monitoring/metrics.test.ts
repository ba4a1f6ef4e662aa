import { panels } from "../../../../components/monitoring/dashboard";
import { queued, server } from "../../../../components/monitoring/metrics";

const stack = { namespace: "mail", mailboxes: ["kinga"] };

/** Which series a selector takes: Prometheus holds the whole name against its pattern. */
const takes = (selector: string, name: string): boolean =>
  new RegExp(`^(?:${/__name__=~"([^"]+)"/.exec(selector)?.[1]})$`).test(name);

test.each([
  [server(stack)("delivery_completed"), ["delivery_completed", "stalwart_delivery_completed_total"]],
  [server(stack)("server_memory"), ["server_memory", "stalwart_server_memory_bytes"]],
  [queued(stack), ["queue_dsn_queued", "stalwart_queue_message_queued_total"]],
])("the dashboard finds the mail server's series under the names of 0.16 and of 1.x: %s", (selector, names) => {
  for (const name of names) expect({ name, found: takes(selector, name) }).toEqual({ name, found: true });
  expect(takes(selector, "other_series")).toBe(false);
});

test("the dashboard shows of a mailbox's sources what it shows of the mailbox, by source", () => {
  const queries = panels(stack).flatMap((panel) => panel.queries);
  const shown = (prefix: string): string[] =>
    queries.flatMap(({ expr }) =>
      [...expr.matchAll(new RegExp(`\\b${prefix}([a-z_]+)\\{`, "g"))].map(([, name]) => name ?? ""),
    );
  const ofSources = shown("fetchmail_source_");
  expect(ofSources).toContain("ready");
  expect(shown("fetchmail_").filter((name) => !name.startsWith("source_") && !ofSources.includes(name))).toEqual([]);
  for (const { expr, legend } of queries.filter((query) => query.expr.includes("fetchmail_source_"))) {
    expect({ expr, legend }).toEqual({
      expr: expect.stringContaining("by (mailbox, source)"),
      legend: "{{mailbox}}, {{source}}",
    });
  }
});
