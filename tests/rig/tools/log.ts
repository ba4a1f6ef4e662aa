/** Tells the user at the terminal what is being done. */
export type Log = (line: string) => void;

export const toTerminal: Log = (line) => process.stdout.write(`${line}\n`);
