import { z } from "zod";
import { jmap, type ServerArgs } from "../doctor/clients/mailServer";

/** An app password as the server lists it. Its secret is shown only once, when it is created. */
export interface AppPassword {
  readonly id: string;
  readonly description: string;
  readonly createdAt?: string | undefined;
  readonly expiresAt?: string | undefined;
}

const listShape = z.array(
  z.object({
    id: z.string(),
    description: z.string().default(""),
    createdAt: z.string().nullish(),
    expiresAt: z.string().nullish(),
  }),
);
const errorsShape = z.record(z.string(), z.object({ type: z.string(), description: z.string().nullish() })).nullish();
const madeShape = z.object({
  created: z.record(z.string(), z.object({ id: z.string(), secret: z.string() })).nullish(),
  notCreated: errorsShape,
});
const destroyedShape = z.object({ destroyed: z.array(z.string()).nullish(), notDestroyed: errorsShape });

const reasonIn = (errors: z.infer<typeof errorsShape>): string => {
  const [first] = Object.values(errors ?? {});
  return first === undefined ? "the server does not say why" : (first.description ?? first.type);
};

export interface NewAppPassword {
  readonly description: string;
  readonly expiresAt?: Date;
  /** Permissions that its sessions do not have. */
  readonly without?: readonly string[];
}

/**
 * The app passwords of one account. The administrator acts in the user's name, `user%admin`, which this API accepts from
 * inside the cluster only.
 */
export class AppPasswords {
  constructor(private readonly server: ServerArgs) {}

  async list(): Promise<AppPassword[]> {
    const { list } = await jmap(this.server, "x:AppPassword/get", { ids: null });
    return listShape.parse(list).map(({ id, description, createdAt, expiresAt }) => ({
      id,
      description,
      ...(createdAt && { createdAt }),
      ...(expiresAt && { expiresAt }),
    }));
  }

  async create({ description, expiresAt, without = [] }: NewAppPassword): Promise<{ id: string; secret: string }> {
    const value = {
      description,
      ...(expiresAt && { expiresAt: expiresAt.toISOString().replace(/\.\d+Z$/, "Z") }),
      ...(without.length > 0 && {
        permissions: { "@type": "Disable", permissions: Object.fromEntries(without.map((one) => [one, true])) },
      }),
    };
    const answer = madeShape.parse(await jmap(this.server, "x:AppPassword/set", { create: { a: value } }));
    const made = answer.created?.a;
    if (made === undefined) throw new Error(`the server makes no app password: ${reasonIn(answer.notCreated)}`);
    return made;
  }

  /** Whether an app password with that id existed. */
  async destroy(id: string): Promise<boolean> {
    const answer = destroyedShape.parse(await jmap(this.server, "x:AppPassword/set", { destroy: [id] }));
    if (answer.destroyed?.includes(id)) return true;
    if (Object.values(answer.notDestroyed ?? {})[0]?.type === "notFound") return false;
    throw new Error(`the app password cannot be removed: ${reasonIn(answer.notDestroyed)}`);
  }
}
