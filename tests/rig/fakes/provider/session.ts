import type { Socket } from "node:net";
import { content, readFetch } from "./wire";

/** A message that a command is about. */
export interface Message {
  readonly number: number;
  readonly uid: number;
  readonly subject: string;
}

export interface Command {
  readonly tag: string;
  /** In capitals, "UID" included. */
  readonly name: string;
  readonly text: string;
  /** The folder that is open. */
  readonly folder: string;
  readonly session: Session;
  /** Known if a fault asks for it. */
  readonly messages: readonly Message[];
}

/** One connection, as the faults see it. */
export class Session {
  folder = "";
  capabilities = "";
  readonly pending: Command[] = [];
  private asked = 0;
  private asking: { tag: string; answers: string[]; done: (answers: string[]) => void; keep: boolean } | undefined;

  constructor(
    private readonly server: Socket,
    readonly tell: (text: string) => void,
  ) {
    server.once("close", () => this.asking?.done([]));
  }

  /** Asks the server something of the faulty proxy's own. What it says is not passed on, unless `tells`. */
  ask(command: string, { tells = false } = {}): Promise<string[]> {
    const tag = `proxy${++this.asked}`;
    return new Promise((done) => {
      this.asking = { tag, answers: [], done, keep: !tells };
      this.server.write(`${tag} ${command}\r\n`);
    });
  }

  /** Whether an answer is one to a question of the faulty proxy's own. */
  hears(answer: string): boolean {
    const { asking } = this;
    if (!asking) return false;
    if (answer.startsWith(`${asking.tag} `)) {
      this.asking = undefined;
      asking.done(asking.answers);
      return true;
    }
    asking.answers.push(answer);
    return asking.keep;
  }

  /** The messages that a command names. */
  async messages(name: string, set: string): Promise<Message[]> {
    const way = name.startsWith("UID") ? "UID FETCH" : "FETCH";
    const answers = await this.ask(`${way} ${set} (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])`);
    return answers.flatMap((answer) => {
      const fetched = readFetch(answer);
      const item = (start: string): string | undefined => fetched?.items.find((i) => i.name.startsWith(start))?.value;
      const header = content(item("BODY[") ?? "");
      if (!fetched || header === undefined) return [];
      const subject = /^Subject: *(\S*)/im.exec(header)?.[1] ?? "";
      return [{ number: fetched.number, uid: Number(item("UID")), subject }];
    });
  }
}
