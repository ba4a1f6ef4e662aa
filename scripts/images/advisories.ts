import * as semver from "semver";
import { requestOk } from "./request";

/** A published security advisory that affects a version. */
export interface Advisory {
  readonly id: string;
  readonly summary: string;
  /** The versions that fix it, as the advisory has them. */
  readonly patched: string;
}

interface Published {
  readonly ghsa_id: string;
  readonly cve_id: string | null;
  readonly summary: string;
  readonly withdrawn_at: string | null;
  readonly vulnerabilities: readonly {
    readonly vulnerable_version_range: string | null;
    readonly patched_versions: string | null;
  }[];
}

/** Whether a version is in a range as GitHub writes it: `>= 0.13.0, < 0.16.25`. A range nobody can read counts. */
export function isAffected(version: string, range: string | null): boolean {
  const terms = (range ?? "").replace(/(^|[\s=<>,])v(?=\d)/g, "$1").replaceAll(",", " ");
  return semver.validRange(terms) === null || terms.trim() === "" || semver.satisfies(version, terms);
}

/** The advisories of a project on GitHub that affect this version of it. */
export async function advisoriesFor(source: string, version: string, api: string): Promise<Advisory[]> {
  const url = `${api}/repos/${source}/security-advisories?state=published&per_page=100`;
  const response = await requestOk(url, { headers: { accept: "application/vnd.github+json" } });
  return ((await response.json()) as Published[])
    .filter(({ withdrawn_at }) => withdrawn_at === null)
    .flatMap(({ ghsa_id, cve_id, summary, vulnerabilities }) => {
      const found = vulnerabilities.find(({ vulnerable_version_range }) =>
        isAffected(version, vulnerable_version_range),
      );
      return found ? [{ id: cve_id ?? ghsa_id, summary, patched: found.patched_versions || "none yet" }] : [];
    });
}
