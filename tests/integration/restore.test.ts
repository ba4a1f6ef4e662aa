import { readFileSync } from "node:fs";
import { join } from "node:path";
import { refetch } from "../../refetch/mailbox";
import { Notes } from "../../refetch/notes";
import { Front } from "../rig/fakes/provider/front";
import { message as compose, subjectOf } from "../support/message";
import type { Delivery } from "../support/sink";
import { Rig } from "./support/harness";
import { canonical, isKept } from "./support/ledger";
import { message } from "./support/messages";
import type { Station } from "./support/station";
import { arrived } from "./support/waits";

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.create();
});
afterAll(() => rig.destroy());

const named = (prefix: string): Buffer[] => Array.from({ length: 500 }, (_, n) => message(`${prefix}-${n}`));

/** Has everything that is kept for a station's mailbox delivered again. */
async function refetching(station: Station, password: string) {
  const front = new Front("127.0.0.1", rig.ca.issue("localhost"), { host: rig.provider.address, port: 143 });
  await front.listen();
  const { name } = station.mailbox;
  const args = {
    imap: { host: "localhost", port: 993 },
    login: { mailbox: name, address: station.user, password, folders: ["INBOX"], keep: false },
    ca: [readFileSync(rig.ca.cert, "utf8")],
    since: new Date(Date.now() - 86_400_000).toISOString().slice(0, 10),
    signal: new AbortController().signal,
    say: () => {},
  };
  return {
    run(options: { readonly again?: boolean; readonly newestFirst?: boolean } = {}) {
      const notes = Notes.open(join(rig.provider.folder, `${name}.json`)).of("localhost", station.user);
      if (options.again) notes.forget();
      return refetch({ ...args, notes, newestFirst: options.newestFirst ?? false });
    },
    close: () => front.close(),
  };
}

test("a mail volume that is put back as it was before 500 messages has all 1,000 again after a refetch", async () => {
  const password = "of-the-restored";
  const station = await rig.station({ mailbox: { name: "restored", retention: 7 }, password });
  await station.inject(named("before"));
  await arrived(station, 500);
  const copy = [...station.sink.deliveries];
  await station.inject(named("after"));
  await arrived(station, 1000);

  // The copy is put back, and with it the mail server knows nothing of the second half: what a power cut leaves, too.
  station.sink.deliveries.splice(0, Number.POSITIVE_INFINITY, ...copy);
  const { run, close } = await refetching(station, password);
  expect(await run()).toEqual({ copied: 1000, before: 0, waiting: 0 });
  await arrived(station, 1500);

  // As Stalwart keeps them: one of each.
  const there = new Set(station.sink.deliveries.map((delivery) => subjectOf(delivery.message)));
  expect(there.size).toBe(1000);
  expect(await run()).toEqual({ copied: 0, before: 1000, waiting: 0 });
  expect(station.sink.deliveries).toHaveLength(1500);
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
  const station = await rig.station({ mailbox: { name: "copier", retention: 7 }, password });
  const scan = (body: string): Buffer =>
    compose({
      subject: "Scan from the copier",
      id: "scan@copier.local",
      trace: ["Return-Path: <scan@office.example>"],
      body,
    });
  const [first, second] = [scan("first scan\r\n"), scan("SECOND scan, another document\r\n")];
  await station.inject([first]);
  await arrived(station, 1);
  await station.inject([second]);
  await arrived(station, 2);
  const inbox: Buffer[] = [];
  storedBy(inbox, station.sink.deliveries);
  expect(inbox.map(canonical)).toEqual([canonical(first)]); // the server has dropped the second one
  const kept = [...(await rig.provider.remaining(station.user))].flatMap(([name, all]) => (isKept(name) ? all : []));
  expect(kept.map(canonical).sort()).toEqual([first, second].map(canonical).sort());

  const { run, close } = await refetching(station, password);
  inbox.length = 0; // the user moves the first one to another folder
  expect(await run({ again: true, newestFirst: true })).toMatchObject({ copied: 2, waiting: 0 });
  await arrived(station, 4);
  storedBy(inbox, station.sink.deliveries.slice(2));
  expect(inbox.map(canonical)).toEqual([canonical(second)]);
  await close();
});
