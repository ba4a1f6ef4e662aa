import type { defaultImages } from "../../config/images";

/** Which releases of an image may take the place of the pinned one. */
export interface ReleaseLine {
  /** Tags of the line; the first group is the version. */
  readonly tag: RegExp;
  /** What the line is, and why it goes no further. */
  readonly reason: string;
  /** The repository on GitHub that publishes release notes and security advisories. */
  readonly source: string;
}

/** One line per image. A tag that no line has is never proposed, whatever is newer. */
export const releaseLines: Readonly<Record<keyof typeof defaultImages, ReleaseLine>> = {
  stalwart: {
    tag: /^v(0\.16\.\d+)$/,
    reason: "0.16: 1.x can neither open a 0.16 store nor apply a 0.16 plan",
    source: "stalwartlabs/stalwart",
  },
  stalwartCli: {
    tag: /^(1\.0\.\d+)$/,
    reason: "1.0: the settings plan is tested with it",
    source: "stalwartlabs/cli",
  },
  fetchmail: {
    tag: /^(15\.1\.\d+)$/,
    reason: "15.1: the last line on Debian 12, whose fetchmail is 6.4",
    source: "docker-mailserver/docker-mailserver",
  },
  roundcube: {
    tag: /^(1\.7\.\d+)-apache-nonroot$/,
    reason: "1.7, Apache without root",
    source: "roundcube/roundcubemail",
  },
  imapsync: {
    tag: /^(2\.\d+)$/,
    reason: "2: the options that migrations use are its own",
    source: "imapsync/imapsync",
  },
};
