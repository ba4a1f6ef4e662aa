/** An advisory that affects an installed package and does not concern this program. */
export interface Exception {
  /** As in its address: GHSA-…. */
  readonly advisory: string;
  /** Why it does not apply, for docs/reference/supply-chain.md. */
  readonly reason: string;
  /** Until when nobody needs to look at it again: YYYY-MM-DD. */
  readonly until: string;
}

/** What `npm audit --json` prints, as far as it is read. */
export interface AuditReport {
  readonly vulnerabilities?: Readonly<
    Record<
      string,
      {
        readonly via: readonly (string | { readonly title: string; readonly url: string; readonly severity: string })[];
      }
    >
  >;
}

const COUNTS = ["moderate", "high", "critical"];

/** What has to be done, one sentence per advisory; nothing when each is either fixed or has a reason. */
export function problems(report: AuditReport, exceptions: readonly Exception[], today: string): string[] {
  if (report.vulnerabilities === undefined) return ["npm audit gave no report"];
  const found = new Map<string, string>();
  for (const [name, { via }] of Object.entries(report.vulnerabilities)) {
    for (const advisory of via) {
      if (typeof advisory === "string" || !COUNTS.includes(advisory.severity)) continue;
      const id = advisory.url.split("/").pop() ?? advisory.url;
      found.set(id, `${name}: ${advisory.title} (${advisory.severity}, ${advisory.url})`);
    }
  }
  const valid = exceptions.filter(({ until }) => until >= today).map(({ advisory }) => advisory);
  return [
    ...[...found].filter(([id]) => !valid.includes(id)).map(([, text]) => text),
    ...exceptions
      .filter(({ advisory }) => !found.has(advisory))
      .map(({ advisory }) => `${advisory} affects nothing any more: take it out of scripts/audit/exceptions.ts`),
  ];
}
