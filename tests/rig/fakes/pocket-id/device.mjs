/**
 * What Pocket ID does for devices, and what it tells everybody: its page approves a device on load for whoever is signed in, unless the
 * client asks for re-authentication, which is a passkey and so nothing that a request can give (backend/internal/oidc/
 * device_service.go: acceptDeviceCode; frontend/src/routes/device). A code is approved once.
 */
export const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

/** `grantFor` makes the grant of a signed-in person; `clients` are those of the options. */
export function devices({ clients, issuer, grantFor }) {
  const settings = (id) => clients.find(({ client_id }) => client_id === id);

  async function approve(provider, ctx, userCode) {
    const session = await provider.Session.get(ctx);
    if (!session.accountId) return 401;
    const code = await provider.DeviceCode.findByUserCode(userCode.replace(/\W/g, "").toUpperCase());
    if (!code) return 404;
    if (code.accountId) return 400;
    if (settings(code.clientId).requiresReauthentication) return 401;
    Object.assign(code, {
      accountId: session.accountId,
      authTime: session.loginTs,
      grantId: await grantFor(code.clientId, session.accountId),
      scope: code.params.scope,
      resource: issuer,
    });
    await code.save();
    return 204;
  }

  /** Whether it was one of these requests; then it is answered. */
  return async function answer(provider, ctx) {
    const meta = /^\/api\/oidc\/clients\/([^/]+)\/meta$/.exec(ctx.path)?.[1];
    if (meta !== undefined) {
      const found = settings(meta);
      ctx.status = found ? 200 : 404;
      ctx.body = found
        ? { id: meta, name: "Mail", requiresReauthentication: found.requiresReauthentication === true }
        : { error: "OIDC client not found" };
      return true;
    }
    if (ctx.path === "/api/application-configuration") {
      ctx.body = [
        { key: "allowOwnAccountEdit", type: "boolean", value: "false" },
        { key: "allowUserSignups", type: "string", value: "disabled" },
      ];
      return true;
    }
    const page = ctx.path === "/device" && ctx.method === "GET" && ctx.query.user_code;
    const verify = ctx.path === "/api/oidc/device/verify" && ctx.method === "POST" && ctx.query.code;
    if (!page && !verify) return false;
    ctx.status = await approve(provider, ctx, String(page || verify));
    if (ctx.status !== 204) ctx.body = { error: "not approved" };
    return true;
  };
}
