/**
 * The images the stack runs, each pinned by tag and digest. Override with `images.*`.
 *
 * Stalwart: only 0.16 is known to work; 1.0 can neither open a 0.16 store nor apply a 0.16 plan.
 * fetchmail: there is no official image; docker-mailserver's is maintained, widely pinned and ships Debian's fetchmail
 * 6.4 with Python 3. Only its files are used: its entrypoint never runs.
 */
export const defaultImages = {
  stalwart: "stalwartlabs/stalwart:v0.16.24@sha256:ec011be228596e37e65f41aab17deed573859614430472f7eeb42178c50d87b7",
  stalwartCli:
    "ghcr.io/stalwartlabs/cli:1.0.13@sha256:9a1e07307d6f890a193322c4b737fc0868405f0f8486a19922cbf362f43884fd",
  fetchmail:
    "ghcr.io/docker-mailserver/docker-mailserver:15.1.0@sha256:af51b15dd3fc72153c0e90eb7692bb5e3a463212d87959a80fa7aa89b617d44a",
  roundcube:
    "roundcube/roundcubemail:1.7.4-apache-nonroot@sha256:533b48d35f8fef99f24ae6997a032a727888d6992bd55a1a0a24d1ea208dbf3f",
  imapsync: "gilleslamiral/imapsync:2.319@sha256:161336e1a6db587bc42ea1126cfc9b6afa67ea92b408ea4c4454f7f771561aa4",
} as const;
