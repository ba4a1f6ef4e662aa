import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { type ClientInputs, pocketIdClient } from "../../../../../components/identity/pocketId";
import { type FakePocketId, startPocketId } from "../../../../support/pocketId";

export const provider = pocketIdClient as Required<typeof pocketIdClient>;
export const KEY = "S3cret-api-key";

/** The sign-in client of a stack that is not restricted to groups. */
export const inputsFor = (issuer: string): ClientInputs => ({
  issuer,
  apiKey: KEY,
  clientId: "stalwart-webui",
  name: "Mail newjoy.ro",
  callbackUrls: ["https://webmail.newjoy.ro/index.php/login/oauth"],
  logoutCallbackUrls: ["https://webmail.newjoy.ro/?_task=logout"],
  allowedGroups: [],
  isPublic: true,
  pkceEnabled: true,
  requiresReauthentication: true,
});

/** What the engine tells a provider of the stack's configuration, in every command. */
export const configure = (identity: Record<string, unknown>) =>
  provider.configure({
    config: { get: () => JSON.stringify(identity), require: () => JSON.stringify(identity) },
  });

/** A `pulumi` on the search path for each test of a file; without `configIs` there is none. */
export function fakePulumiCommand() {
  const commands = fs.mkdtempSync(path.join(os.tmpdir(), "pulumi-command-"));
  const searchPath = process.env.PATH;
  const file = path.join(commands, "pulumi");
  beforeEach(() => {
    process.env.PATH = `${commands}${path.delimiter}/usr/bin${path.delimiter}/bin`;
  });
  afterEach(() => {
    process.env.PATH = searchPath;
    fs.rmSync(file, { force: true });
    (pocketIdClient as { configured?: unknown }).configured = undefined;
  });
  afterAll(() => fs.rmSync(commands, { recursive: true }));
  return {
    /** What `pulumi config get identity` answers from then on. */
    configIs(identity: Record<string, unknown>): void {
      const says = `[ "$*" = "config get identity --stack home --non-interactive" ] && echo '${JSON.stringify(identity)}'`;
      fs.writeFileSync(file, `#!/bin/sh\n${says}\n`, { mode: 0o755 });
    },
  };
}

/** A fake Pocket ID of each test's own, and the inputs of a client there. */
export function pocketIdForEachTest() {
  const at = {} as { server: FakePocketId; inputs: ClientInputs };
  beforeEach(async () => {
    at.server = await startPocketId(KEY, { groups: { family: "id-of-family", "family-friends": "id-of-friends" } });
    at.inputs = inputsFor(at.server.issuer);
  });
  afterEach(() => at.server.close());
  return at;
}
