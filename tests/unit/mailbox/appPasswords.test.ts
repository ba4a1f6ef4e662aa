import * as http from "node:http";
import fc from "fast-check";
import { AppPasswords } from "../../../mailbox/appPasswords";
import { decodeName, encodeName, maildirFolder, pathOfMaildirFolder } from "../../../mailbox/folderNames";
import { bytes, Progress, table } from "../../../mailbox/progress";
import { listen } from "../../support/listen";

describe("app passwords in a user's name", () => {
  const asked: { user: string; method: string; args: Record<string, unknown> }[] = [];
  const answers: Record<string, unknown>[] = [];
  const server = http.createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const [method, args] = JSON.parse(Buffer.concat(pieces).toString()).methodCalls[0];
    const login = Buffer.from((request.headers.authorization ?? "").slice(6), "base64").toString();
    asked.push({ user: login.split(":")[0] ?? "", method, args });
    response.end(JSON.stringify({ methodResponses: [[method, answers.shift(), "0"]] }));
  });
  let passwords: AppPasswords;
  beforeAll(async () => {
    const base = `http://127.0.0.1:${await listen(server)}`;
    passwords = new AppPasswords({ base, user: "kinga@newjoy.ro%admin", password: "secret", limit: 30_000 });
  });
  beforeEach(() => asked.splice(0));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it("app passwords in a user's name are made with an end and without the permission to send invitations", async () => {
    answers.push({ created: { a: { id: "b1", secret: "app_x" } } });
    const made = await passwords.create({
      description: "homelab-mail import",
      expiresAt: new Date("2026-12-05T10:00:00.123Z"),
      without: ["calendarSchedulingSend"],
    });
    expect(made).toEqual({ id: "b1", secret: "app_x" });
    expect(asked).toEqual([
      {
        user: "kinga@newjoy.ro%admin",
        method: "x:AppPassword/set",
        args: {
          create: {
            a: {
              description: "homelab-mail import",
              expiresAt: "2026-12-05T10:00:00Z",
              permissions: { "@type": "Disable", permissions: { calendarSchedulingSend: true } },
            },
          },
        },
      },
    ]);
  });

  it("app passwords in a user's name are listed without their secrets, and revoked", async () => {
    answers.push({
      list: [{ id: "b1", description: "iPhone", secret: "*****", createdAt: "2026-11-28T10:00:00Z", expiresAt: null }],
    });
    expect(await passwords.list()).toEqual([{ id: "b1", description: "iPhone", createdAt: "2026-11-28T10:00:00Z" }]);
    answers.push(
      { destroyed: ["b1"] },
      { notDestroyed: { b1: { type: "notFound" } } },
      { notDestroyed: { b1: { type: "forbidden" } } },
    );
    expect([await passwords.destroy("b1"), await passwords.destroy("b1")]).toEqual([true, false]);
    await expect(passwords.destroy("b1")).rejects.toThrow("the app password cannot be removed: forbidden");
  });

  it("when no app password can be made, the error says why", async () => {
    answers.push({ notCreated: { a: { type: "overQuota", description: "too many app passwords" } } });
    await expect(passwords.create({ description: "x" })).rejects.toThrow(
      "the server makes no app password: too many app passwords",
    );
  });
});

test("folder names are the same after a conversion to Maildir++ and back", () => {
  expect(maildirFolder(["INBOX"])).toBe("");
  expect(maildirFolder(["Munkák", "v1.2/x & y"])).toBe(".Munk&AOE-k.v1&AC4-2&AC8-x &- y");
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, unit: "binary" }), { minLength: 1, maxLength: 3 }), (path) => {
      fc.pre(path.length > 1 || path[0]?.toUpperCase() !== "INBOX");
      expect(pathOfMaildirFolder(maildirFolder(path))).toEqual(path);
      expect(decodeName(encodeName(path[0] as string))).toBe(path[0]);
      expect(maildirFolder(path)).toMatch(/^[\x20-\x7e]*$/);
    }),
  );
});

describe("progress", () => {
  const watch = (terminal: boolean) => {
    let clock = 0;
    const written: string[] = [];
    const progress = new Progress({
      total: 10_000_000_000,
      terminal,
      write: (text) => written.push(text),
      now: () => clock,
    });
    const at = (seconds: number, done: number, count: number): void => {
      clock = seconds * 1000;
      progress.update(done, count);
    };
    return { at, written, progress };
  };

  it("progress on a terminal is a bar with messages, bytes and the time left", () => {
    const { at, written, progress } = watch(true);
    at(0, 0, 0);
    at(0.1, 1, 1);
    at(5, 57, 1);
    at(60, 2_500_000_000, 12_345);
    progress.clear();
    expect(written).toEqual([
      "\r[------------------------] 0 messages, 0 bytes of 10.0 GB\x1b[K",
      "\r[------------------------] 1 message, 57 bytes of 10.0 GB\x1b[K",
      "\r[######------------------] 12,345 messages, 2.5 GB of 10.0 GB, about 3 min left\x1b[K",
      "\r\x1b[K",
    ]);
  });

  it("progress in a log is a line every few seconds", () => {
    const { at, written } = watch(false);
    for (let second = 0; second <= 30; second += 1) at(second, second * 1e8, second);
    expect(written).toHaveLength(3);
    expect(written[1]).toBe("15 messages, 1.5 GB of 10.0 GB, about 1 min left\n");
  });

  it("progress formats sizes and tables", () => {
    expect([999, 1000, 99_950, 123_456_789].map(bytes)).toEqual(["999 bytes", "1.0 KB", "100.0 KB", "123 MB"]);
    expect(
      table([
        ["folder", "n"],
        ["INBOX", "12"],
      ]),
    ).toBe("folder   n\nINBOX   12");
  });
});
