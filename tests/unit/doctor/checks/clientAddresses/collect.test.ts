import * as http from "node:http";
import { collectForged } from "../../../../../doctor/checks/clientAddresses/collect";
import { evaluateForged } from "../../../../../doctor/checks/clientAddresses/evaluate";
import { listen } from "../../../../support/listen";

const servers: http.Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

type Headers = http.IncomingHttpHeaders;

/** The mail server's own order of belief, behind a controller that lets some of the client's headers through. */
async function codesBehind(controller: (headers: Headers) => Headers): Promise<string[]> {
  const server = http.createServer((request, response) => {
    const headers = controller(request.headers);
    const forwarded = /for=([\d.]+)/.exec(String(headers.forwarded ?? ""))?.[1];
    const address = forwarded ?? String(headers["x-forwarded-for"] ?? "").split(",")[0];
    response.writeHead(request.url === "/api/auth" && address !== "127.0.0.1" ? 403 : 404).end();
  });
  servers.push(server);
  const base = `http://localhost:${await listen(server)}`;
  const told = evaluateForged(await collectForged(base, "mail.newjoy.ro", { limit: 60_000 }));
  expect(told).toMatchObject([{ subject: "mail.newjoy.ro" }]);
  return told.map(({ code, message }) => `${code}: ${/its address with ([\w -]+),/.exec(message)?.[1] ?? ""}`);
}

const client = "203.0.113.5";

test.each<[string, (headers: Headers) => Headers, string]>([
  ["replaces both", () => ({ "x-forwarded-for": client, forwarded: `for=${client}` }), "ok: "],
  ["strips one and replaces the other", () => ({ "x-forwarded-for": client }), "ok: "],
  [
    "lets Forwarded through",
    ({ forwarded }) => ({ ...(forwarded && { forwarded }), "x-forwarded-for": client }),
    "forgeable: Forwarded",
  ],
  [
    "adds to X-Forwarded-For",
    ({ "x-forwarded-for": own }) => ({ "x-forwarded-for": own ? `${own}, ${client}` : client }),
    "forgeable: X-Forwarded-For",
  ],
  [
    "does both",
    ({ forwarded, "x-forwarded-for": own }) => ({
      ...(forwarded && { forwarded }),
      "x-forwarded-for": own ? `${own}, ${client}` : client,
    }),
    "forgeable: Forwarded and X-Forwarded-For",
  ],
])("a controller that %s is reported as it is", async (_what, controller, told) => {
  expect(await codesBehind(controller)).toEqual([told]);
});

test("a mail host that is unreachable is reported with the reason, and as neither safe nor forgeable", async () => {
  const seen = await collectForged("http://127.0.0.1:1", "mail.newjoy.ro", { limit: 60_000 });
  expect(seen).toEqual({ host: "mail.newjoy.ro", plain: { reason: "connection refused" }, forgeable: [] });
});
