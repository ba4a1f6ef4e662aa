import * as http from "node:http";
import { MailboxAccess } from "../../../mailbox/access";
import { mailboxNamed } from "../../../mailbox/server";
import { listen } from "../../support/listen";
import { sampleMailbox } from "../../support/sample";

describe("a command on a mailbox", () => {
  const passwords = new Set<string>();
  const users = new Set<string>();
  const server = http.createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    users.add(Buffer.from((request.headers.authorization ?? "").slice(6), "base64").toString());
    const [method, { create, destroy = [] }] = JSON.parse(Buffer.concat(pieces).toString()).methodCalls[0];
    if (create) passwords.add("b1");
    for (const id of destroy) passwords.delete(id);
    const result = create ? { created: { a: { id: "b1", secret: "app_x" } } } : { destroyed: destroy };
    response.end(JSON.stringify({ methodResponses: [[method, result, "0"]] }));
  });
  let base = "";
  beforeAll(async () => {
    base = `http://127.0.0.1:${await listen(server)}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const open = (ways: string[], signals: AbortSignal[] = []) =>
    MailboxAccess.open(
      {
        adminPassword: "of-the-administrator",
        forward: async (_port: number, signal: AbortSignal) => {
          signals.push(signal);
          return ways.shift() as string;
        },
      } as never,
      sampleMailbox("kinga", { address: "kinga@newjoy.ro" }),
      "import",
    );

  it("a command on a mailbox has an app password of its own while it runs, made in the user's name", async () => {
    const signals: AbortSignal[] = [];
    const access = await open([base], signals);
    expect([access.secret, passwords.size]).toEqual(["app_x", 1]);
    expect([...users]).toEqual(["kinga@newjoy.ro%admin:of-the-administrator"]);
    await access.close();
    expect(passwords.size).toBe(0);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it("a command on a mailbox removes its app password over a new connection when the first one is gone", async () => {
    const gone = http.createServer();
    const ways = [base, base];
    const access = await open(ways);
    (access as unknown as { passwords: { server: { base: string } } }).passwords.server.base =
      `http://127.0.0.1:${await listen(gone)}`;
    gone.closeAllConnections();
    await new Promise((resolve) => gone.close(resolve));
    await access.close();
    expect([passwords.size, ways]).toEqual([0, []]);
  });

  it("a command on a mailbox that does not exist names the existing mailboxes", () => {
    const mailboxes = [sampleMailbox("anna", {}), sampleMailbox("bela", {})];
    expect(() => mailboxNamed({ config: { mailboxes } as never }, "cili")).toThrow(
      "--mailbox: there is no cili; there are anna, bela",
    );
  });
});
