import { hosts, testUser } from "../rig";
import type { LiveSandbox } from "./stack";

/** The options that let Chromium, Chrome, Brave or Edge resolve and trust the throwaway names, and no others. */
function browserOptions({ browser: { ingress, issuer: at, spki: keys }, issuer }: LiveSandbox): string[] {
  const rules = [
    `MAP ${hosts.webmail}:443 127.0.0.1:${ingress}`,
    `MAP ${hosts.mail}:443 127.0.0.1:${ingress}`,
    ...(at ? [`MAP ${new URL(issuer.url).hostname}:443 ${at.host}:${at.port}`] : []),
  ];
  return [
    "--user-data-dir=/tmp/homelab-mail-browser",
    `--host-resolver-rules=${rules.join(", ")}`,
    `--ignore-certificate-errors-spki-list=${keys.join(",")}`,
  ];
}

/** The next steps, for the terminal. */
export function usageOf(live: LiveSandbox): string {
  const options = browserOptions(live).map((option) => `'${option}'`);
  const signIn =
    live.start === `https://${hosts.webmail}/`
      ? `The fake of Pocket ID asks for a name: type ${testUser.name}.`
      : `This link signs ${testUser.display} in at Pocket ID, once; then open https://${hosts.webmail}/ in the same window.`;
  return `
The stack is up, and mail flows. Its names and certificates are not public, so a browser needs these options:

  chromium ${options.join(" \\\n    ")} \\
    '${live.start}'

${signIn}
A first message is in the inbox. Write to friend@elsewhere.test: here you see it leave, and an answer comes back.
`;
}
