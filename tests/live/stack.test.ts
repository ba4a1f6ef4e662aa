import { execFileSync } from "node:child_process";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { ProcessFolder, sweep } from "../../sandbox/cluster/processes";
import { findEngine } from "../../sandbox/engine";
import { buildImages } from "../../sandbox/images";
import type { KubeObject } from "../../sandbox/kube";
import { type LiveSandbox, openLive } from "../../sandbox/live";
import { hosts, person, services, stackNamespace, worldNamespace } from "../../sandbox/live/names";
import { tlsSecret } from "../../sandbox/live/world";
import { type LiveNode, startNode } from "../../sandbox/node";
import { doctor, wrongIn } from "./support/doctor";
import { addressOf, MailProgram, putAtProvider } from "./support/mail";
import { connects, type Probe, startProbe } from "./support/probe";
import { signIn } from "./support/token";
import { eventually, sleep } from "./support/wait";

const APPS = "apps";
const FRIEND = "friend@elsewhere.test";
const app: Probe = { namespace: APPS, name: "probe" };

let folder: ProcessFolder;
let node: LiveNode;
let live: LiveSandbox;
let programs: MailProgram;
let token: string;
const said: string[] = [];
/** What the world said of mail that left. */
const left = (subject: string): boolean => said.some((line) => line.startsWith("MAIL LEFT") && line.includes(subject));
const log = (line: string): void => {
  said.push(line);
};

beforeAll(async () => {
  await sweep();
  folder = ProcessFolder.temporary();
  const images = await buildImages(log);
  node = await startNode({ folder, log });
  node.importImages(images);
  const kubeconfig = node.kubeconfig;
  live = await openLive(
    { folder: folder.path, kubeconfig, ownCluster: false, config: {}, signal: new AbortController().signal },
    log,
  );
  await startProbe(live.client, app);
  programs = new MailProgram(live, app);
  token = await signIn(live, person.name);
});

afterAll(async () => {
  await live?.close();
  await folder?.stop();
});

/** The stack's pods that stay, by what they belong to: uid and restarts. */
async function pods(): Promise<Record<string, string>> {
  const found = await live.client.list("v1", "Pod", stackNamespace);
  return Object.fromEntries(
    found
      .filter(({ metadata }) => !metadata.labels?.["job-name"] && !metadata.deletionTimestamp)
      .map(({ metadata, status }) => [
        metadata.labels["app.kubernetes.io/instance"] ?? metadata.name,
        `${metadata.uid} restarts=${status.containerStatuses?.[0]?.restartCount}`,
      ]),
  );
}

async function up(): Promise<{ changes: Record<string, number>; text: string }> {
  let changes: Record<string, number> = {};
  let text = "";
  const onEvent = ({ summaryEvent }: EngineEvent): void => {
    if (summaryEvent) changes = { ...summaryEvent.resourceChanges };
  };
  const onOutput = (piece: string): void => {
    text += piece;
  };
  await live.stack.up({ onEvent, onOutput }).catch((error: Error) => {
    throw new Error(`${text}\n${error.message}`);
  });
  return { changes, text };
}

async function readyMailServer(): Promise<KubeObject> {
  const found = await live.client.list("v1", "Pod", stackNamespace);
  const ready = found.find(
    ({ metadata, status }) =>
      metadata.labels?.["app.kubernetes.io/name"] === "stalwart" &&
      !metadata.deletionTimestamp &&
      status.conditions?.some((c: KubeObject) => c.type === "Ready" && c.status === "True"),
  );
  if (!ready) throw new Error("no mail server is ready");
  return ready;
}

const inInbox = (subject: string, seconds = 120): Promise<string[]> =>
  eventually(
    `"${subject}" in the inbox`,
    async () => {
      const subjects = await programs.subjects(person.name, token);
      return subjects.includes(subject) ? subjects : undefined;
    },
    { seconds },
  );

describe("the first pulumi up", () => {
  test("goes through where a new pod's connections are refused at first, each step at its first try", async () => {
    const jobs = await live.client.list("batch/v1", "Job", stackNamespace);
    const ofUpdate = jobs.filter(({ metadata }) => !metadata.ownerReferences);
    expect(ofUpdate.map(({ status }) => [status.succeeded, status.failed ?? 0])).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });

  test("leaves every pod ready, and none that had to start again", async () => {
    const found = await live.client.list("v1", "Pod", stackNamespace);
    const running = found.filter(({ metadata }) => !metadata.labels?.["job-name"]);
    expect(running).toHaveLength(5);
    for (const { metadata, status } of running) {
      const ready = status.conditions.find(({ type }: KubeObject) => type === "Ready")?.status;
      expect([metadata.name, ready, status.containerStatuses[0].restartCount]).toEqual([metadata.name, "True", 0]);
    }
  });

  test("is done: a second one changes nothing", async () => {
    expect(Object.keys((await up()).changes)).toEqual(["same"]);
  });
});

describe("mail", () => {
  test("that waited at the provider is in the inbox, which the person's token opens", async () => {
    await inInbox("Welcome to your mail at home");
  });

  test("that somebody sends is in the inbox soon", async () => {
    await putAtProvider(live, person.name, ["fresh"]);
    await inInbox("fresh");
  });

  test.each([465, 587] as const)(
    "sent with a token on %d leaves through the provider, with the relay's login",
    async (port) => {
      const subject = `out by ${port}`;
      const from = addressOf(person.name);
      expect(await programs.send({ token, user: person.name, from, to: FRIEND, subject, port })).toBe("sent");
      await eventually("it leaves", async () => left(subject));
      expect(said.find((line) => line.includes(subject))).toContain(`login ${addressOf("service")}`);
      await inInbox(`Re: ${subject}`); // and the answer comes back
    },
  );

  test("with somebody else's sender is refused", async () => {
    const answer = await programs.send({
      token,
      user: person.name,
      from: addressOf("alpar"),
      to: FRIEND,
      subject: "x",
      port: 465,
    });
    expect(answer).toMatch(/^50[13] /);
  });

  test("is not opened by a token that somebody changed, and the refusal is not the network's", async () => {
    expect(await programs.refusal(person.name, `${token.slice(0, -8)}AAAAAAAA`)).toMatch(
      /AUTHENTICATIONFAILED|[Aa]uthentication/,
    );
  });

  test("of an app in another namespace leaves without a login, and reaches people at home", async () => {
    expect(await programs.relay({ from: addressOf("service"), to: FRIEND, subject: "from an app" })).toBe("sent");
    await eventually("it leaves", async () => left("from an app"));
    expect(
      await programs.relay({ from: addressOf("service"), to: addressOf(person.name), subject: "app at home" }),
    ).toBe("sent");
    await inInbox("app at home");
    expect(await programs.relay({ from: addressOf("service"), to: addressOf("nobody"), subject: "x" })).toMatch(
      /^550 5.1.2 /,
    );
  });
});

/** Who may talk to whom, as docs/network.md has it: the targets' columns, and for each source what is open. */
describe("the network policies", () => {
  type Target = readonly [name: string, host: string, port: number];
  let targets: Target[];
  const sources: Record<string, Probe> = {};
  const labels: Record<string, Record<string, string>> = {
    stalwart: { "app.kubernetes.io/name": "stalwart", "app.kubernetes.io/instance": "stalwart" },
    fetchmail: { "app.kubernetes.io/name": "fetchmail", "app.kubernetes.io/instance": "probe" },
    roundcube: { "app.kubernetes.io/name": "roundcube", "app.kubernetes.io/instance": "roundcube" },
    settings: { "app.kubernetes.io/name": "stalwart-settings", "app.kubernetes.io/instance": "stalwart-settings" },
    stranger: {},
  };
  const outside = ["provider 993", "provider 465", "issuer 443", "DNS 53"];
  const people = ["stalwart 465", "stalwart 587", "stalwart 993", "stalwart 4190"];
  const open: Record<string, readonly string[]> = {
    // kube-router takes what a policy lets in for what it lets out as well, between pods of that policy.
    stalwart: ["stalwart 25", ...people, "provider 465", "issuer 443", "DNS 53"],
    fetchmail: ["stalwart 25", "stalwart 2525", "stalwart 993", "fetcher 8081", "provider 993", "DNS 53"],
    roundcube: ["stalwart 465", "stalwart 993", "stalwart 4190", "issuer 443", "DNS 53"],
    settings: ["stalwart 8080", "DNS 53"],
    stranger: [],
    "another namespace": ["stalwart 25", ...people, "fetcher 8081", ...outside],
    "the ingress' namespace": ["stalwart 25", ...people, "stalwart 8080", "webmail 8000", "fetcher 8081", ...outside],
  };

  beforeAll(async () => {
    const addressOfPod = async (instance: string): Promise<string> => {
      const found = await live.client.list("v1", "Pod", stackNamespace);
      return found.find(
        ({ metadata }) =>
          metadata.labels?.["app.kubernetes.io/instance"] === instance && !metadata.name.startsWith("probe"),
      )?.status.podIP;
    };
    const [mail, webmail, fetcher] = [
      await addressOfPod("stalwart"),
      await addressOfPod("roundcube"),
      await addressOfPod("fetchmail-kinga"),
    ];
    targets = [
      ...[25, 2525, 465, 587, 993, 4190, 8080].map((port): Target => ["stalwart", mail as string, port]),
      ["webmail", webmail as string, 8000],
      ["fetcher", fetcher as string, 8081],
      ["provider", services.provider, 993],
      ["provider", services.provider, 465],
      ["issuer", services.issuer, 443],
      ["DNS", node.address, 53],
    ];
    for (const [name, own] of Object.entries(labels)) {
      sources[name] = await startProbe(live.client, { namespace: stackNamespace, name: `probe-${name}` }, own);
    }
    sources["another namespace"] = app;
    sources["the ingress' namespace"] = await startProbe(live.client, { namespace: worldNamespace, name: "probe" });
    await sleep(3_000); // until their addresses are in the rules
  });

  afterAll(async () => {
    for (const { namespace, name } of Object.values(sources)) {
      if (namespace === stackNamespace)
        await live.client.delete({ apiVersion: "v1", kind: "Pod", metadata: { name, namespace } });
    }
  });

  test.each(Object.keys(open))("let %s reach what it needs, and nothing else", async (source) => {
    const found = await connects(
      live.kubectl,
      sources[source] as Probe,
      targets.map(([, host, port]) => [host, port]),
    );
    const reached = targets.filter((_, n) => found[n]).map(([name, , port]) => `${name} ${port}`);
    expect(reached.sort()).toEqual([...(open[source] as string[])].sort());
  });
});

describe("the doctor", () => {
  const examine = async () => doctor(live, await findEngine(folder.path, log), folder.path);
  const scale = (namespace: string, name: string, replicas: number) =>
    live.client.request(
      "PATCH",
      `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`,
      { spec: { replicas } },
      "application/merge-patch+json",
    );
  /** One that is on its way out still answers. */
  const gone = async (namespace: string, name: string) => {
    await scale(namespace, name, 0);
    await eventually(`${name} is gone`, async () => {
      const all = await live.client.list("v1", "Pod", namespace);
      return !all.some(({ metadata }) => new RegExp(`^${name}-[0-9a-f]+-[0-9a-z]{5}$`).test(metadata.name));
    });
  };
  const back = async (namespace: string, name: string) => {
    await scale(namespace, name, 1);
    await eventually(`${name} is back`, async () => {
      const metadata = { namespace, name };
      const { status } = (await live.client.read({ apiVersion: "apps/v1", kind: "Deployment", metadata })) ?? {};
      return status?.readyReplicas === 1;
    });
  };

  test("finds a stack that works well, proves that policies are enforced, and leaves no pod behind", async () => {
    const verdicts = await examine();
    expect(wrongIn(verdicts, "configuration", "flow")).toEqual([]);
    // The CronJobs of a stack that is minutes old may not have run yet.
    expect(wrongIn(verdicts, "cluster").filter((line) => !line.startsWith("settings never"))).toEqual([]);
    const of = (check: string) => verdicts.find((verdict) => verdict.check === check);
    expect(of("policies")?.meaning).toContain("are enforced");
    expect(of("directory")).toMatchObject({ level: "ok" });
    expect(of("queue")).toMatchObject({ level: "ok" });
    const left = await live.client.list("v1", "Pod", stackNamespace);
    expect(left.filter(({ metadata }) => metadata.name.startsWith("doctor-") && !metadata.deletionTimestamp)).toEqual(
      [],
    );
  });

  test("says of a mail server that is away what stops, and that the fetchers are stopped by it", async () => {
    await gone(stackNamespace, "stalwart");
    const verdicts = await examine();
    await back(stackNamespace, "stalwart");
    expect(wrongIn(verdicts, "cluster")).toContain("pods server stalwart");
    expect(wrongIn(verdicts, "signIn")).toContain("directory away");
    expect(wrongIn(verdicts, "flow")).toContain("queue silent");
  });

  test("knows a server that started while the issuer was away, and what it then says to do mends it", async () => {
    await gone(worldNamespace, "issuer");
    await gone(stackNamespace, "stalwart");
    await back(stackNamespace, "stalwart");
    const dead = (await examine()).find(({ check }) => check === "directory");
    await back(worldNamespace, "issuer");
    expect(dead?.code).toBe("dead");
    const words = /`kubectl (.*)`/.exec(dead?.mend ?? "")?.[1]?.split(" ") ?? [];
    execFileSync(live.kubectl.command, ["--kubeconfig", live.kubectl.kubeconfig, ...words]);
    await eventually(
      "the sign-in is alive",
      async () => (await examine()).some(({ check, level }) => check === "directory" && level === "ok"),
      { seconds: 240 },
    );
  });
});

describe("a change", () => {
  let certificate = "";
  let renewedAt = 0;
  beforeAll(async () => {
    certificate = await programs.certificate();
    const renewed = tlsSecret("family-tls", stackNamespace, live.authority, hosts.mail, hosts.webmail);
    await live.client.apply(renewed, "?fieldManager=homelab-mail-sandbox&force=true");
    renewedAt = performance.now();
  });

  test("of the provider's password reaches the fetcher without a restart", async () => {
    const before = await pods();
    const users = await live.client.read({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "provider-users", namespace: worldNamespace },
    });
    const text = Buffer.from(users?.data.users, "base64")
      .toString()
      .replace(/(alpar@[^:]*:{PLAIN}).*/, "$1another-password");
    await live.client.apply(
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "provider-users", namespace: worldNamespace },
        stringData: { users: text },
      },
      "?fieldManager=homelab-mail-sandbox&force=true",
    );
    const provider = (await live.client.list("v1", "Pod", worldNamespace)).find(
      ({ metadata }) => metadata.labels?.app === "provider",
    );
    await live.client.delete(provider as KubeObject); // an open session outlives its password
    await live.stack.setConfig("mailboxes.alpar.password", { value: "another-password", secret: true }, true);
    await up();
    await eventually("the provider is back", async () => {
      const now = (await live.client.list("v1", "Pod", worldNamespace)).find(
        ({ metadata }) => metadata.labels?.app === "provider" && metadata.uid !== provider?.metadata.uid,
      );
      return now?.status.containerStatuses?.every(({ ready }: KubeObject) => ready);
    });
    await putAtProvider(live, "alpar", ["after the rotation"]);
    await eventually("the fetcher has taken it", async () => (await putAtProvider(live, "alpar", [])) === 0, {
      seconds: 240,
    });
    expect(await pods()).toEqual(before);
  });

  test("that adds a mailbox, or removes it, touches nobody else's pod; settings that come late do no harm", async () => {
    const before = await pods();
    node.setPolicyDelay(3_000); // each new pod's address enters the rules seconds late
    try {
      await live.stack.setConfig("mailboxes.dora.address", { value: addressOf("dora") }, true);
      await live.stack.setConfig(
        "mailboxes.dora.password",
        { value: live.keys.passwords.dora as string, secret: true },
        true,
      );
      await up();
      const with_ = await pods();
      expect(with_["fetchmail-dora"]).toMatch(/restarts=0$/);
      expect({ ...with_, "fetchmail-dora": undefined }).toEqual({ ...before, "fetchmail-dora": undefined });
      await live.stack.removeConfig("mailboxes.dora", true);
      await up();
      await eventually("its pod is gone", async () => !("fetchmail-dora" in (await pods())));
      expect(await pods()).toEqual(before);
    } finally {
      node.setPolicyDelay(0);
    }
  });

  test("with a wrong password ends the update in its time, by name and with the reason, and all else is up", async () => {
    await live.stack.setConfig("mailboxes.dora.address", { value: addressOf("dora") }, true);
    await live.stack.setConfig("mailboxes.dora.password", { value: "wrong", secret: true }, true);
    const failure = await up().then(
      () => "",
      (error: Error) => error.message,
    );
    expect(failure).toContain("fetchmail-dora");
    expect(failure).toMatch(/INBOX: the provider refuses the login: .*(AUTHENTICATIONFAILED|authentication)/i);
    await live.stack.removeConfig("mailboxes.dora", true);
    await up();
  });

  test("of the certificate is served within the CronJob's period, and no restart is needed for it", async () => {
    const patience = 420 - (performance.now() - renewedAt) / 1000; // five minutes, and what a kubelet takes
    await eventually("the new certificate", async () => (await programs.certificate()) !== certificate, {
      seconds: Math.max(30, patience),
      every: 5_000,
    });
    expect((await pods()).stalwart).toMatch(/restarts=0$/);
  });
});

describe("nothing is lost", () => {
  test("when the mail server is killed in the middle of a drain of 300", async () => {
    const subjects = Array.from({ length: 300 }, (_, n) => `drain ${n}`);
    await putAtProvider(live, person.name, subjects);
    for (let kill = 0; kill < 2; kill++) {
      const victim = await readyMailServer();
      const target = `/api/v1/namespaces/${stackNamespace}/pods/${victim.metadata.name}`;
      await live.client.request("DELETE", target, { gracePeriodSeconds: 0 });
      await eventually("another one is ready", async () => {
        const { metadata } = await readyMailServer();
        return metadata.uid !== victim.metadata.uid;
      });
    }
    await eventually("all of it is taken", async () => (await putAtProvider(live, person.name, [])) === 0, {
      seconds: 300,
    });
    const there = await eventually("the inbox opens", async () => programs.subjects(person.name, token), {
      seconds: 420,
    });
    expect(subjects.filter((subject) => !there.includes(subject))).toEqual([]);
  });

  test("when the power goes, and everything comes back in the worst order: it heals by itself within ten minutes", async () => {
    const issuer = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "issuer", namespace: worldNamespace },
    };
    const scale = (replicas: number) =>
      live.client.request(
        "PATCH",
        `/apis/apps/v1/namespaces/${worldNamespace}/deployments/issuer`,
        { spec: { replicas } },
        "application/merge-patch+json",
      );
    await scale(0); // it comes back last
    await node.powerCut();
    await node.powerOn({ lateMs: 10_000 });
    await sleep(20_000);
    await scale(1);
    await eventually("the issuer is back", async () => (await live.client.read(issuer))?.status.readyReplicas === 1, {
      seconds: 300,
    });
    await startProbe(live.client, { ...app, name: "after" });
    programs = new MailProgram(live, { ...app, name: "after" });
    await eventually("mail is opened by a token again", async () => programs.subjects(person.name, token), {
      seconds: 600,
      every: 5_000,
    });
    await putAtProvider(live, person.name, ["after the power cut"]);
    await inInbox("after the power cut", 300);
  });

  test("when the stack is destroyed: another one adopts the volume, and the mail is in it", async () => {
    const before = await programs.subjects(person.name, token);
    await live.stack.destroy();
    await live.stack.setConfig("kubernetes:upsertExistingObjects", { value: "true" });
    await up();
    await live.stack.removeConfig("kubernetes:upsertExistingObjects");
    const after = await eventually("the inbox opens", async () => programs.subjects(person.name, token), {
      seconds: 420,
    });
    expect(before.filter((subject) => !after.includes(subject))).toEqual([]);
  });
});
