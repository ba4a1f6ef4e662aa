import { execFile } from "node:child_process";
import * as http from "node:http";
import { heartbeatContainer } from "../../components/mailserver/heartbeat";
import { listen } from "../support/listen";

const asked: string[] = [];
let answer = 200;
const server = http.createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`);
  response.writeHead(answer).end("OK");
});
let origin: string;

beforeAll(async () => {
  origin = `http://127.0.0.1:${await listen(server)}`;
});
afterAll(() => server.close());
beforeEach(() => {
  asked.length = 0;
  answer = 200;
});

/** The container's own command, with this machine's shell and curl. */
function beat(url: string): Promise<{ failed: boolean; log: string }> {
  const resources = { requests: { cpu: "1m", memory: "1Mi" }, limits: { memory: "1Mi" } };
  const { command, args } = heartbeatContainer({ image: "image", resources, secretName: "heartbeat" });
  const [shell, ...rest] = [...(command as string[]), ...(args as string[])];
  return new Promise((resolve) =>
    execFile(shell as string, rest, { env: { PATH: process.env.PATH, HEARTBEAT: url } }, (error, stdout, stderr) =>
      resolve({ failed: error !== null, log: `${stdout}${stderr}` }),
    ),
  );
}

test.each([
  ["healthchecks.io", "/0f1e2d3c-uuid"],
  ["Uptime Kuma", "/api/push/0f1e?status=up&msg=OK&ping="],
  ["signs that curl would take for a list", "/push/{a,b}[1-2]"],
])("a real curl asks for the address once, as it is: %s", async (_name, path) => {
  expect(await beat(`${origin}${path}`)).toEqual({ failed: false, log: "heartbeat sent\n" });
  expect(asked).toEqual([`GET ${path}`]);
});

test("a heartbeat URL that its server does not know is logged and fails no run", async () => {
  answer = 404;
  expect(await beat(`${origin}/S3cret`)).toEqual({
    failed: false,
    log: "heartbeat failed: curl exit code 22\n",
  });
});

test("a heartbeat server that is busy is asked again", async () => {
  answer = 503;
  setTimeout(() => {
    answer = 200;
  }, 500);
  expect((await beat(`${origin}/busy`)).log).toBe("heartbeat sent\n");
  expect(asked.length).toBeGreaterThan(1);
});

test("an unreachable heartbeat service fails no run, and the log does not contain its URL", async () => {
  const { failed, log } = await beat("http://127.0.0.1:1/S3cret");
  expect(failed).toBe(false);
  expect(log).toBe("heartbeat failed: curl exit code 7\n");
});
