import * as faults from "../../rig/fakes/provider/faults";
import type { Fault } from "../../rig/fakes/provider/faultyProxy";
import { type Switch, switches } from "../../rig/fakes/provider/switches";
import type { Action, Script, Stage } from "../../support/sink";
import { message, oddities, sequence } from "./messages";

/** What goes wrong with one message, and until when. */
interface Plan {
  readonly provider?: Switch;
  readonly mailServer?: readonly [Stage, Action];
  /** Otherwise it heals. */
  readonly forGood: boolean;
  readonly until: number;
}

const SWITCHES = Object.keys(switches) as Switch[];

/** Of these, a message cannot be delivered as long as they last. */
const HOPELESS: Switch[] = ["body NIL", "body {0}", "all {0}", "body cut", "NO", "OK and nothing"];

const AT_COMMANDS = [
  "NO [OVERQUOTA] Quota exceeded",
  "NO [LIMIT] Too much",
  "NO [UNAVAILABLE] Try again later",
  "NO [INUSE] Locked",
  "NO Temporary failure",
];

const AT_STAGES: readonly (readonly [Stage, Action])[] = [
  ["mail", "451 4.1.8 Not now"],
  ["rcpt", "450 4.2.1 Not now"],
  ["data", "drop"],
  ["content", "drop"],
  ["end", "drop"],
  ["end", "451 4.3.0 Not now"],
  ["end", "554 5.6.0 Not ever"],
  ["end", { last: "421 4.3.2 Closing" }],
  ["end", { wait: 3000 }],
  ["data", { slowly: 5 }],
];

const FOR_GOOD: typeof AT_STAGES = [
  ["end", "554 5.6.0 Never"],
  ["end", "450 4.2.0 Never"],
];

/** Messages, and what goes wrong with them and around them, all from one seed. */
export class Chaos {
  /** Ends everything that heals. */
  over = false;
  private readonly plans = new Map<string, Plan>();
  private readonly random: () => number;
  /** Of its own, for it is asked as often as it happens. */
  private readonly luck: () => number;
  /** Which faults were met, and how often. */
  readonly met = new Map<string, number>();

  constructor(seed: number) {
    this.random = sequence(seed);
    this.luck = sequence(seed + 1_000_003);
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  private oneOf<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  private meets(what: string): void {
    this.met.set(what, (this.met.get(what) ?? 0) + 1);
  }

  /** The next messages; of a hundred about twenty have a fault. */
  letters(name: string, count: number, seconds: number): Buffer[] {
    const odd = oddities(name);
    const kinds = Object.values(odd);
    return Array.from({ length: count }, (_, n) => {
      const id = `${name}-${n}`;
      const dice = this.random();
      const until = performance.now() + this.random() * seconds * 1000;
      const forGood = this.random() < 0.06;
      if (dice < 0.12) {
        const provider = this.oneOf(forGood ? HOPELESS : SWITCHES);
        this.plans.set(id, { provider, forGood, until });
      } else if (dice < 0.2) {
        const mailServer = this.oneOf(forGood ? FOR_GOOD : AT_STAGES);
        this.plans.set(id, { mailServer, forGood, until });
      } else if (dice < 0.3 && kinds.length > 0) return kinds.splice(this.below(kinds.length), 1)[0] as Buffer;
      const size = this.random() < 0.02 ? 20_000 : 1 + this.below(60);
      const header = this.random() < 0.1 ? { header: "a line that is no field" } : {};
      return message(id, { path: `<${id}@example.org>`, body: `${id} says this.\r\n`.repeat(size), ...header });
    });
  }

  /** What the messages are called that can never be delivered. */
  hopeless(): string[] {
    return [...this.plans].filter(([, plan]) => plan.forGood).map(([id]) => id);
  }

  heal(): void {
    this.over = true;
    this.plans.clear();
  }

  private active(id: string): Plan | undefined {
    const plan = this.plans.get(id);
    return plan && (plan.forGood || (!this.over && performance.now() < plan.until)) ? plan : undefined;
  }

  /** For the faulty proxy of one mailbox. */
  faults(): Fault[] {
    const about = SWITCHES.flatMap((kind) =>
      switches[kind](({ subject }) => {
        const hit = this.active(subject)?.provider === kind;
        if (hit) this.meets(kind);
        return hit;
      }),
    );
    const around: Fault = {
      greeting: () => {
        if (this.over || this.luck() > 0.02) return undefined;
        this.meets("busy");
        return { lines: ["* BYE Too many connections"], cut: true };
      },
      before: ({ name }) => {
        if (this.over || this.luck() > 0.004) return undefined;
        if (this.luck() < 0.5) {
          this.meets("hangs up before a command");
          return "drop";
        }
        if (/IDLE|LOGOUT|CAPABILITY|AUTHENTICATE|LOGIN/.test(name)) return undefined;
        this.meets(`${name} refused`);
        return { lines: [AT_COMMANDS[Math.floor(this.luck() * AT_COMMANDS.length)] as string] };
      },
      after: (answer, command) => {
        if (this.over || !command || /IDLE|LOGIN|AUTH/.test(command.name) || this.luck() > 0.001) return answer;
        this.meets("hangs up after a command");
        return { text: "", cut: true };
      },
    };
    return [around, ...about, faults.uidLast(), faults.unsolicited()];
  }

  /** For the mail server. */
  readonly script: Script = (stage, { sender, message: whole }) => {
    const subject = /^Subject: (\S+)/m.exec(whole?.subarray(0, 2000).toString("latin1") ?? "")?.[1];
    const plan = this.active(stage === "end" ? (subject ?? "") : (sender.split("@")[0] ?? ""));
    if (plan?.mailServer?.[0] !== stage) return "ok";
    this.meets(`mail server at ${stage}: ${JSON.stringify(plan.mailServer[1])}`);
    return plan.mailServer[1];
  };
}
