/** A wrong configuration, and what is said of it. */
export type Case = readonly [name: string, config: object, key: string, what: RegExp, command?: string];

export const mailboxes = (bodies: Record<string, unknown>) => ({ mailboxes: bodies });
export const two = (kinga: object, alpar: object = {}) =>
  mailboxes({ kinga: { password: "p", ...kinga }, alpar: { password: "q", ...alpar } });
