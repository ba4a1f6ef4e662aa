import * as fs from "node:fs";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import * as tls from "node:tls";
import { trusting } from "../../../lib/customCAs";
import { httpRequest } from "../../../lib/http";
import { TestCa } from "../../support/ca";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "custom-cas-"));
const ca = new TestCa(folder);
const pair = ca.issue("localhost");
const server = https.createServer({ cert: fs.readFileSync(pair.cert), key: fs.readFileSync(pair.key) }, (_, response) =>
  response.end("here"),
);
let url: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `https://localhost:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => {
  server.close();
  fs.rmSync(folder, { recursive: true });
});

type Clients = { trusting: typeof trusting; httpRequest: typeof httpRequest };

const ask = (request: typeof httpRequest, customCAs: readonly string[]) =>
  request(url, { ca: customCAs, limit: 30_000 });

async function expectTrustInTheCustomCaOnly(request: typeof httpRequest): Promise<void> {
  await expect(ask(request, [ca.pem])).resolves.toMatchObject({ status: 200, text: "here" });
  await expect(ask(request, [])).rejects.toThrow(/certificate/);
}

test("a server's certificate of a custom CA is trusted with that CA, and not without it", () =>
  expectTrustInTheCustomCaOnly(httpRequest));

test("custom CAs are trusted in addition to those that Node trusts", () => {
  const { ca: list = [] } = trusting([ca.pem]);
  expect(list.length).toBe(tls.getCACertificates("default").length + 1);
  expect(list.at(-1)).toBe(ca.pem);
});

test("Node before 22.15, which cannot list the CAs that it trusts, trusts the public and the custom CAs", async () => {
  let older: Clients | undefined;
  jest.isolateModules(() => {
    jest.doMock("node:tls", () => ({ ...jest.requireActual("node:tls"), getCACertificates: undefined }));
    older = {
      ...require("../../../lib/customCAs"),
      ...require("../../../lib/http"),
    };
  });
  const { trusting, httpRequest } = older as Clients;
  await expectTrustInTheCustomCaOnly(httpRequest);
  expect(trusting([ca.pem]).ca?.length).toBe(tls.rootCertificates.length + 1);
});
