/** A test, or one that is skipped where this says why; the reason is part of its name then. */
export const testUnless = (reason: string | false, name: string, body: () => Promise<void>): void =>
  reason ? test.skip(`${name} (skipped: ${reason})`, body) : test(name, body);
