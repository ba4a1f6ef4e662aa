import { rootCertificates } from "node:tls";
import { runtime } from "@pulumi/pulumi";
import { type ClientInputs, pocketIdClient } from "../../../../components/identity/pocketId";
import { deploy, threeMailboxes } from "../../../support/deploy";
import { type FakePocketId, startPocketId } from "../../../support/pocketId";
import { fakePulumiCommand, inputsFor, KEY, provider } from "./support/client";

const { configIs } = fakePulumiCommand();

/** Of a server on this machine, self-signed, so its own CA; valid until 2126. */
const tls = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUcQuGewUZQ5MDPfgMFkllS3IoSFUwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyNjEwMTAwOVoYDzIxMjYxMTAy
MTAxMDA5WjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQdJHTAploJRIFzacTX4TCtNnQD6beJB695GWHh9OgIv3MBYNsFedvs
PHVbsCS+HYcGGEIJQEu70g6rjRFfrQa/o28wbTAdBgNVHQ4EFgQUcV24TohCcHJF
q8Aw0YuUbL8dqcMwHwYDVR0jBBgwFoAUcV24TohCcHJFq8Aw0YuUbL8dqcMwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwCgYIKoZI
zj0EAwIDSQAwRgIhAKfP6VwFCJ2wo3LpJi+vg+YwUUTsf7xA++08krOw0IhBAiEA
qBH9knoI6ajl1ZCvX5GTtCQGUyb/elSE2/c4OcZfEMs=
-----END CERTIFICATE-----`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgxUyLmM7wfo/2iCrB
tGHEQApp58OZip2Pz1J4HKdazSehRANCAAQdJHTAploJRIFzacTX4TCtNnQD6beJ
B695GWHh9OgIv3MBYNsFedvsPHVbsCS+HYcGGEIJQEu70g6rjRFfrQa/
-----END PRIVATE KEY-----`,
};

let server: FakePocketId;
const inputs = (): ClientInputs => inputsFor(server.issuer);
beforeEach(async () => {
  server = await startPocketId(KEY, { tls });
});
afterEach(() => server.close());

it("a Pocket ID with an untrusted custom CA is refused before the key is sent, with the command that makes it trusted", async () => {
  const { failures } = await provider.check(inputs(), inputs());
  expect(failures?.[0]?.reason).toContain("pulumi config set --path 'trust.certificates[0]' < ca.crt");
  expect(server.requests).toEqual([]);
});

it("a Pocket ID with a trusted custom CA is accepted, also with the CA's text from the state", async () => {
  const trusting = { ...inputs(), trustedCertificates: [rootCertificates[0] as string, tls.cert] };
  expect((await provider.check(trusting, trusting)).failures).toEqual([]);
  const { text } = await runtime.serializeFunction(() => pocketIdClient);
  const shipped = { exports: {} as { handler: () => typeof provider } };
  new Function("exports", "require", text)(shipped.exports, require);
  const fromState = shipped.exports.handler();
  await fromState.configure({
    config: { get: () => JSON.stringify({ issuer: server.issuer, apiKey: "revoked" }) } as never,
  });
  expect((await fromState.check(trusting, trusting)).failures).toEqual([]);
  await fromState.create(trusting);
  expect([...server.clients.keys()]).toEqual(["stalwart-webui"]);
  const stale = { ...trusting, apiKey: "revoked", stack: "home" };
  configIs({ issuer: server.issuer, apiKey: KEY });
  expect((await fromState.read("stalwart-webui", stale)).props).toEqual(stale);
  await fromState.delete("stalwart-webui", stale);
  expect([...server.clients.keys()]).toEqual([]);
});

it("the preview warns about the users of a Pocket ID with a trusted custom CA, and the update and a stack without a key do not", async () => {
  server.state.users = [{ id: "1", username: "mallory", email: "boss@newjoy.ro", disabled: false }];
  const config = { ...threeMailboxes, trust: { certificates: [tls.cert] } };
  const identity = { issuer: server.issuer, apiKey: KEY };
  const { warnings } = await deploy({ ...config, identity }, { preview: true });
  expect(warnings.join()).toContain("user mallory has an alias for an address, and so opens the mail of mailbox alpar");
  expect(server.requests.sort()).toEqual(["GET /api/application-configuration", "GET /api/users"]);
  await deploy({ ...config, identity });
  await deploy({ ...config, identity: { issuer: server.issuer } }, { preview: true });
  expect(server.requests).toHaveLength(2);
});
