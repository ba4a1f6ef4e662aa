import { createHash, createPublicKey, randomBytes, verify } from "node:crypto";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest();
const USER_PRESENT_AND_VERIFIED = 0b101;

/**
 * Re-authentication at /authorize: Pocket ID takes a passkey and nothing else, at every sign-in to a client that asks for it, and also
 * when the person is signed in already (backend/internal/oidc/authorization_service.go, `RequiresReauthentication`; WebAuthn as in
 * https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion). A person has one passkey here, for ES256.
 */
export function passkeys(issuer) {
  const { hostname, origin } = new URL(issuer);
  /** By sign-in: a challenge is good once. */
  const challenges = new Map();
  return {
    /** The script of the page that asks the browser for a passkey and posts what it gives. */
    ask(signIn, { id }) {
      const challenge = randomBytes(32).toString("base64url");
      challenges.set(signIn, challenge);
      return `<form method="post"><input name="data" type="hidden"><input name="authenticator" type="hidden">
<input name="signature" type="hidden"></form><p id="state"></p><script>
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
navigator.credentials.get({ publicKey: { challenge: bytes("${challenge}"), rpId: "${hostname}", userVerification: "required",
  allowCredentials: [{ type: "public-key", id: bytes("${id}") }], timeout: 3000 } }).then(({ response }) => {
    const form = document.forms[0];
    form.data.value = text(response.clientDataJSON);
    form.authenticator.value = text(response.authenticatorData);
    form.signature.value = text(response.signature);
    form.submit();
  }, () => { document.getElementById("state").textContent = "There is no passkey on this device."; });
</script>`;
    },
    /** Whether the answer was made for this challenge and this issuer, by a verified user, with the key. */
    proves(signIn, { publicKey }, form) {
      const challenge = challenges.get(signIn);
      challenges.delete(signIn);
      const bytes = (name) => Buffer.from(form.get(name) ?? "", "base64");
      const authenticator = bytes("authenticator");
      try {
        const { type, challenge: answered, origin: asked } = JSON.parse(bytes("data"));
        if (type !== "webauthn.get" || challenge === undefined || answered !== challenge || asked !== origin) return false;
        if (!authenticator.subarray(0, 32).equals(sha256(hostname))) return false;
        if ((authenticator[32] & USER_PRESENT_AND_VERIFIED) !== USER_PRESENT_AND_VERIFIED) return false;
        const key = createPublicKey({ key: Buffer.from(publicKey, "base64"), format: "der", type: "spki" });
        return verify("sha256", Buffer.concat([authenticator, sha256(bytes("data"))]), key, bytes("signature"));
      } catch {
        return false;
      }
    },
  };
}
