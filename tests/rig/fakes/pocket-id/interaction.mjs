import { passkeys } from "./passkey.mjs";

const page = (title, content) => `<!doctype html><html><head><title>${title}</title>
<meta name="viewport" content="width=device-width"></head><body><h1>${title}</h1>${content}</body></html>`;

const NAME = '<form method="post"><label>Name <input name="name" autofocus></label> <button>Sign in</button></form>';

/** The pages between /authorize and the way back: a name for whoever is not signed in, and a passkey where one is asked for. */
export function interactions({ provider, issuer, users, body, passkeyOf, seen }) {
  const { ask, proves } = passkeys(issuer);
  /** Who gave their name, by sign-in. */
  const named = new Map();

  return async function interact(ctx) {
    const { uid, params, session } = await provider.interactionDetails(ctx.req, ctx.res);
    const show = (title, content, status = 200) => Object.assign(ctx, { status, type: "html", body: page(title, content) });
    const form = ctx.method === "POST" ? await body(ctx.req) : undefined;
    const given = users.find(({ email }) => email.split("@")[0] === form?.get("name"))?.sub;
    if (given) named.set(uid, given);
    const sub = named.get(uid) ?? session?.accountId;
    const passkey = sub && passkeyOf(params.client_id, sub);
    if (passkey) {
      if (!form?.has("signature")) return show("Confirm with your passkey", ask(uid, passkey));
      if (!proves(uid, passkey, form)) return show("That is not your passkey", "", 401);
      seen.passkeysTaken += 1;
    } else if (!form) return show("Sign in to Pocket ID", NAME);
    const result = passkey || given ? { login: { accountId: sub } } : { error: "access_denied" };
    await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
    ctx.respond = false;
  };
}
