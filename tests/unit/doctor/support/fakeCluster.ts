import type { ClusterApi, KubeObject } from "../../../../lib/kubectl";

/** A cluster that answers what it is told to, and notes what is made and removed. */
export class FakeCluster implements ClusterApi {
  readonly created: KubeObject[] = [];
  readonly removed: string[] = [];
  /** What a program in a container prints, by target. */
  readonly prints: Record<string, string> = {};
  /** The programs that were run, with their arguments and their input. */
  readonly ran: string[] = [];

  constructor(private readonly answers: Record<string, KubeObject | (() => KubeObject | undefined)>) {}

  async get(path: string): Promise<KubeObject | undefined> {
    const answer = this.answers[path];
    return typeof answer === "function" ? answer() : answer;
  }

  async exec(target: string, _container: string, args: readonly string[], input = ""): Promise<string> {
    this.ran.push([...args, input].join(" "));
    const text = this.prints[target];
    if (text === undefined) throw new Error(`deployments "${target}" not found`);
    return text;
  }

  async forward(target: string): Promise<string> {
    throw new Error(`no way to ${target}`);
  }

  async create(object: KubeObject): Promise<void> {
    this.created.push(object);
  }

  async remove(kind: string, name: string): Promise<void> {
    this.removed.push(`${kind} ${name}`);
  }
}
