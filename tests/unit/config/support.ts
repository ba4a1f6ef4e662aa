import { readConfig } from "../../../config/load";
import type { StackConfig } from "../../../config/types";

export const PROJECT = "homelab-mail";

/** What the engine hands a program: top-level values as text, groups as JSON. */
export function engineValues(config: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      `${PROJECT}:${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

/** A small stack that works. */
export const working = {
  domain: "newjoy.ro",
  mailboxes: { kinga: { password: "kinga-password" }, alpar: { password: "alpar-password", admin: true } },
  relay: { password: "relay-password" },
  identity: { issuer: "https://auth.newjoy.ro" },
  ingress: { className: "nginx" },
} as const;

export interface Reading {
  readonly stackFile?: string;
  readonly secretKeys?: readonly string[];
}

/** Reads a configuration in which every group that can hold a secret is one, unless told otherwise. */
export function read(config: Readonly<Record<string, unknown>>, reading: Reading = {}) {
  return readConfig({
    project: PROJECT,
    values: engineValues(config),
    stackFile: reading.stackFile,
    secretKeys: new Set(
      reading.secretKeys ?? ["mailboxes", "relay", "identity", "admin", "generated", "monitoring", "migrations"],
    ),
  });
}

export function loaded(config: Readonly<Record<string, unknown>>, reading?: Reading): StackConfig {
  const result = read(config, reading);
  if ("report" in result) throw new Error(result.report);
  return result.config;
}

/** The report, or an empty text when there is nothing to report. */
export function reportOf(config: Readonly<Record<string, unknown>>, reading?: Reading): string {
  const result = read(config, reading);
  return "report" in result ? result.report : "";
}

/** One line of the report: the key, then what is wrong with it. */
export function expectProblem(report: string, key: string, what: RegExp, command?: string): void {
  const lines = report.split("\n");
  const line = lines.findIndex((text) => text.startsWith(`  ${key} `) || text === `  ${key}`);
  expect({ key, report, found: line >= 0 }).toMatchObject({ found: true });
  const next = lines.slice(line + 1).findIndex((text) => /^ {2}\S/.test(text));
  const block = lines.slice(line, next < 0 ? undefined : line + 1 + next).join("\n");
  expect(block).toMatch(what);
  if (command !== undefined) expect(block).toContain(`$ ${command}`);
}
