import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { environmentNamespace, stackNamespace } from "../../rig/environment/names";
import { eventually } from "../../support/wait";
import { actAs } from "../support/administrator";
import type { LiveFixture } from "../support/fixture";
import { addressOf } from "../support/mail";
import { python } from "../support/probe";

/** Who has an account at the old place, and into whose mailbox it is copied. */
const OLD = "dora";
const NEW = "alpar";
const NAME = "old";

/** Fills three folders, says what is in them, or empties them again. */
const FOLDERS = `
import imaplib, json, re, ssl, sys, time
order = json.load(sys.stdin)
context = ssl.create_default_context(cadata=order["ca"])
context.check_hostname = False
imap = imaplib.IMAP4_SSL(order["host"], 993, ssl_context=context, timeout=60)
imap.login(order["user"], order["password"])
separator = re.search(rb'\\) "(.)" ', imap.list()[1][0]).group(1).decode()
found = {}
for folder in order["folders"]:
    name = '"' + folder.replace("/", separator) + '"'
    if order["do"] == "fill":
        if folder != "INBOX":
            imap.create(name)
        for n in range(order["count"]):
            text = f"From: somebody@elsewhere.test\\r\\nTo: {order['user']}\\r\\nSubject: moved {folder} {n}\\r\\nMessage-ID: <{n}@{folder.replace('/', '-').replace(' ', '-')}.test>\\r\\n\\r\\nBefore.\\r\\n"
            when = imaplib.Time2Internaldate(time.mktime((2015, 3, 1 + n % 28, 12, 0, 0, 0, 0, 0)))
            imap.append(name, ("(\\\\Seen)", "(\\\\Flagged)", None)[n % 3], when, text.encode())
    kind, _ = imap.select(name, readonly=order["do"] != "remove")
    if kind != "OK":
        found[folder] = []
        continue
    rows = imap.fetch("1:*", "(FLAGS INTERNALDATE BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1] if imap.search(None, "SUBJECT", "moved")[1][0] else []
    seen = []
    for row in rows:
        if isinstance(row, tuple) and b"moved" in row[1]:
            flags = sorted(re.findall(r"\\\\(?!Recent)\\w+", re.search(rb"FLAGS \\((.*?)\\)", row[0]).group(1).decode()))
            day = re.search(rb'INTERNALDATE "(.{11})', row[0]).group(1).decode().strip()
            seen.append([row[1].decode().partition(":")[2].strip(), flags, day])
    found[folder] = sorted(seen)
    if order["do"] == "remove":
        for number in reversed(imap.search(None, "SUBJECT", "moved")[1][0].split()):
            imap.store(number, "+FLAGS", "\\\\Deleted")
        imap.expunge()
imap.logout()
print(json.dumps(found))
`;

const folders = ["INBOX", "Holidays", "Archive/2015"];

export function migrationScenarios(fixture: LiveFixture): void {
  describe("moving in", () => {
    const probe = { namespace: environmentNamespace, name: "probe" };
    const at = (order: { host: string; user: string; password: string }, what: string) =>
      python<Record<string, unknown[]>>(fixture.live.kubectl, probe, FOLDERS, {
        ca: readFileSync(fixture.live.ca.cert, "utf8"),
        folders,
        count: 17,
        do: what,
        ...order,
      });
    const source = () => ({
      host: fixture.live.environment.provider.host,
      user: addressOf(OLD),
      password: fixture.live.environment.provider.passwords[OLD] as string,
    });

    const pods = async () =>
      (await fixture.live.client.list("v1", "Pod", stackNamespace)).filter(
        ({ metadata }) => metadata.labels?.["app.kubernetes.io/instance"] === `migration-${NAME}`,
      );
    /** The summaries of all runs that are over. */
    const summaries = async (): Promise<string[]> =>
      (await pods()).flatMap(({ status }) => {
        const [imapsync] = status?.containerStatuses ?? [];
        return imapsync?.state?.terminated ? [imapsync.state.terminated.message ?? ""] : [];
      });
    const appPasswords = async (): Promise<string[]> => {
      const kept = (await actAs(fixture, NEW, "x:AppPassword/get", { ids: null })) as {
        list: { description: string }[];
      };
      return kept.list.map(({ description }) => description).filter((text) => text.startsWith("homelab-mail"));
    };

    beforeAll(() => fixture.probe(probe));

    test("a migration copies all folders with flags and dates, once, with an app password that is gone afterwards", async () => {
      const before = await at(source(), "fill");
      await fixture.set(`migrations.${NAME}.mailbox`, NEW);
      await fixture.set(`migrations.${NAME}.from.host`, source().host);
      await fixture.set(`migrations.${NAME}.from.user`, source().user);
      await fixture.set(`migrations.${NAME}.from.password`, source().password, { secret: true });
      await fixture.up();
      const [first = ""] = await eventually(
        "the first run has ended",
        async () => {
          const said = await summaries();
          return said.length > 0 ? said : undefined;
        },
        { seconds: 420 },
      );
      expect(Number(/Messages transferred +: (\d+)/.exec(first)?.[1])).toBeGreaterThanOrEqual(3 * 17);
      await eventually("its app password is gone", async () => (await appPasswords()).length === 0);

      const { command, kubeconfig } = fixture.live.kubectl;
      const again = [
        "-n",
        stackNamespace,
        "create",
        "job",
        `--from=cronjob/migration-${NAME}`,
        `migration-${NAME}-again`,
      ];
      await promisify(execFile)(command, ["--kubeconfig", kubeconfig, ...again]);
      const both = await eventually(
        "the second run has ended",
        async () => {
          const said = await summaries();
          return said.length > 1 ? said : undefined;
        },
        { seconds: 420 },
      );
      expect(both.filter((said) => /Messages transferred +: 0\b/.test(said))).toHaveLength(1);

      const { created } = (await actAs(fixture, NEW, "x:AppPassword/set", {
        create: { device: { description: "iPhone" } },
      })) as { created: { device: { id: string; secret: string } } };
      const here = { host: `stalwart.${stackNamespace}.svc.cluster.local`, user: addressOf(NEW) };
      expect(await at({ ...here, password: created.device.secret }, "look")).toEqual(before);
      await actAs(fixture, NEW, "x:AppPassword/set", { destroy: [created.device.id] });
      expect(await at(source(), "look")).toEqual(before);
    });

    afterAll(async () => {
      await at(source(), "remove");
      await fixture.live.stack.removeConfig("migrations"); // an empty one would stay, which an older release does not know
      await fixture.up();
      expect(await pods()).toEqual([]);
      await fixture.kill(environmentNamespace, "probe");
    });
  });
}
