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
