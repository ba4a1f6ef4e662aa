import { readFileSync } from "node:fs";
import { join } from "node:path";
import { refetch } from "../../refetch/mailbox";
import { Notes } from "../../refetch/notes";
import { FaultyProxy } from "../rig/fakes/provider/faultyProxy";
import { message as compose, subjectOf } from "../support/message";
import type { Delivery } from "../support/sink";
import { canonical, isKept } from "./support/deliveryLog";
import type { FetcherFixture } from "./support/fetcherFixture";
import { Harness } from "./support/harness";
import { message } from "./support/messages";
import { arrived } from "./support/waits";

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.create();
});
afterAll(() => harness.destroy());

const named = (prefix: string): Buffer[] => Array.from({ length: 500 }, (_, n) => message(`${prefix}-${n}`));

/** Has everything that is kept for a fetcher's mailbox delivered again. */
async function refetching(fetcher: FetcherFixture, password: string) {
  const faultyProxy = new FaultyProxy("127.0.0.1", harness.ca.issue("localhost"), {
    host: harness.provider.address,
    port: 143,
  });
  await faultyProxy.listen();
  const { name } = fetcher.mailbox;
  const args = {
    imap: { host: "localhost", port: 993 },
    login: { mailbox: name, address: fetcher.user, password, folders: ["INBOX"], keep: false },
    ca: [readFileSync(harness.ca.cert, "utf8")],
    since: new Date(Date.now() - 86_400_000).toISOString().slice(0, 10),
    signal: new AbortController().signal,
    say: () => {},
  };
  return {
    run(options: { readonly again?: boolean; readonly newestFirst?: boolean } = {}) {
      const notes = Notes.open(join(harness.provider.folder, `${name}.json`)).of("localhost", fetcher.user);
      if (options.again) notes.forget();
      return refetch({ ...args, notes, newestFirst: options.newestFirst ?? false });
    },
    close: () => faultyProxy.close(),
  };
}

test("a mail volume that is put back as it was before 500 messages has all 1,000 again after a refetch", async () => {
  const password = "of-the-restored";
  const fetcher = await harness.fetcher({ mailbox: { name: "restored", retention: 7 }, password });
  await fetcher.inject(named("before"));
  await arrived(fetcher, 500);
  const copy = [...fetcher.sink.deliveries];
  await fetcher.inject(named("after"));
  await arrived(fetcher, 1000);

  // The copy is put back, and with it the mail server knows nothing of the second half: what a power cut leaves, too.
  fetcher.sink.deliveries.splice(0, Number.POSITIVE_INFINITY, ...copy);
  const { run, close } = await refetching(fetcher, password);
  expect(await run()).toEqual({ copied: 1000, before: 0, waiting: 0 });
  await arrived(fetcher, 1500);

  // As Stalwart keeps them: one of each.
  const there = new Set(fetcher.sink.deliveries.map((delivery) => subjectOf(delivery.message)));
  expect(there.size).toBe(1000);
  expect(await run()).toEqual({ copied: 0, before: 1000, waiting: 0 });
  expect(fetcher.sink.deliveries).toHaveLength(1500);
  await close();
});

/** Stalwart's own rule, after its 250: what has the Message-ID and subject of one in the inbox is not stored. */
function storedBy(inbox: Buffer[], handedOver: readonly Delivery[]): void {
  const identity = (text: Buffer): string =>
    (text.toString("latin1").match(/^(Message-ID|Subject):.*$/gim) ?? []).join();
  for (const { message: text } of handedOver) {
    if (!inbox.some((there) => identity(there) === identity(text))) inbox.push(text);
  }
}

test("a different message with the Message-ID and subject of one in the inbox is kept at the provider, and a refetch brings it", async () => {
  const password = "of-the-copier";
  const fetcher = await harness.fetcher({ mailbox: { name: "copier", retention: 7 }, password });
  const scan = (body: string): Buffer =>
    compose({
      subject: "Scan from the copier",
      id: "scan@copier.local",
      trace: ["Return-Path: <scan@office.example>"],
      body,
    });
  const [first, second] = [scan("first scan\r\n"), scan("SECOND scan, another document\r\n")];
  await fetcher.inject([first]);
  await arrived(fetcher, 1);
  await fetcher.inject([second]);
  await arrived(fetcher, 2);
  const inbox: Buffer[] = [];
  storedBy(inbox, fetcher.sink.deliveries);
  expect(inbox.map(canonical)).toEqual([canonical(first)]); // the server has dropped the second one
  const kept = [...(await harness.provider.remaining(fetcher.user))].flatMap(([name, all]) =>
    isKept(name) ? all : [],
  );
  expect(kept.map(canonical).sort()).toEqual([first, second].map(canonical).sort());

  const { run, close } = await refetching(fetcher, password);
  inbox.length = 0; // the user moves the first one to another folder
  expect(await run({ again: true, newestFirst: true })).toMatchObject({ copied: 2, waiting: 0 });
  await arrived(fetcher, 4);
  storedBy(inbox, fetcher.sink.deliveries.slice(2));
  expect(inbox.map(canonical)).toEqual([canonical(second)]);
  await close();
});
