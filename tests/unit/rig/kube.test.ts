import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import * as https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PrivateCa } from "../../rig/ca";
import { KubeClient } from "../../rig/cluster/kube";
import { listen } from "../../support/listen";

const folder = mkdtempSync(join(tmpdir(), "kube-client-"));
const privateCa = new PrivateCa(folder);
const { cert, key } = privateCa.issue("localhost");

/** What the server answers, one after the other: a status, and how many seconds it asks for. */
let answers: (readonly [status: number, retryAfter?: number])[] = [];
let asked = 0;
/** Whether a request on a connection that was used before gets no answer, but the connection's end. */
let hangsUp = false;
const used = new WeakSet<object>();
const server = https.createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => {
  const isUsed = used.has(request.socket);
  used.add(request.socket);
  if (hangsUp && isUsed) {
    request.socket.destroy();
    return;
  }
  const [status, retryAfter] = answers[Math.min(asked++, answers.length - 1)] ?? [200];
  if (retryAfter !== undefined) response.setHeader("retry-after", String(retryAfter));
  response.writeHead(status).end(JSON.stringify({ message: `answer ${asked}` }));
});
let client: KubeClient;

beforeAll(async () => {
  const connection = { server: `https://localhost:${await listen(server)}`, token: "of-the-sandbox" };
  client = KubeClient.direct({ ...connection, ca: readFileSync(privateCa.cert, "utf8") });
});
beforeEach(() => {
  asked = 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

test("a request is repeated when the API server asks for a pause, as for a kind that is new", async () => {
  answers = [[429, 0], [503, 0], [200]];
  expect(await client.request("GET", "/")).toEqual({ message: "answer 3" });
});

test("a request that the API server keeps deferring fails after eleven answers", async () => {
  answers = [[429, 0]];
  await expect(client.request("GET", "/")).rejects.toThrow("answer 11");
  expect(asked).toBe(11);
});

test.each([[429], [500], [404, 0]] as const)(
  "a request that the API server refuses with %j is not repeated",
  async (...answer) => {
    answers = [answer];
    await expect(client.request("GET", "/")).rejects.toThrow("answer 1");
    expect(asked).toBe(1);
  },
);

test("a connection that the server closed while it was idle is replaced, and the request sent once more", async () => {
  answers = [[200]];
  await client.request("GET", "/");
  hangsUp = true;
  try {
    expect(await client.request("GET", "/")).toMatchObject({ message: expect.stringContaining("answer") });
  } finally {
    hangsUp = false;
  }
});
