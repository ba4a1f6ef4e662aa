import { escapeHtml } from "../shared/html";
import { php } from "./php";

export interface ResponseSettings {
  readonly productName: string;
  readonly identity: { readonly issuer: string; readonly name: string };
  /** File with every CA to trust. @default the image's own */
  readonly caFile?: string;
}

/**
 * The strictest content policy that works with Roundcube, which evaluates scripts in its own responses and has inline
 * ones. Roundcube itself blocks remote images until the user asks for them, hence `https:`.
 */
const contentPolicy = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob: https:",
  "font-src 'self' data:",
  "frame-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'self'",
].join("; ");

/** Response headers that Roundcube has no option for, whichever ingress controller is in front. */
const headers: Record<string, string> = {
  "Content-Security-Policy": contentPolicy,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "same-origin",
  "Strict-Transport-Security": "max-age=31536000",
};

/** Shown instead of the browser's error about an unreachable host that the user did not ask for. */
function issuerDownPage({ productName, identity }: ResponseSettings): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(productName)}</title>
<style>
body { margin: 20vh auto; max-width: 30rem; padding: 0 1rem; font: 1rem/1.5 sans-serif; color: #2c363a; }
@media (prefers-color-scheme: dark) { body { background: #21292c; color: #c5d1d3; } }
</style>
</head>
<body>
<h1>Signing in is not possible right now</h1>
<p>${escapeHtml(identity.name)} at ${escapeHtml(identity.issuer)} does not answer. Your mail is safe, and phones and mail programs
go on working.</p>
<p>This page tries again by itself.</p>
</body>
</html>
`;
}

/** Roundcube's cookie of a signed-in user. */
const SIGNED_IN = "roundcube_sessauth";

/**
 * PHP that runs with the configuration, before Roundcube handles the request: response headers, the provider's endpoints, and a
 * page for users who are signed out while the provider is unreachable. Roundcube itself would redirect them to a host that does
 * not respond. It does not get the discovery document's address, so that it never fetches it by itself (program/issuer.php).
 */
export function responsePhp(settings: ResponseSettings): string {
  const discovery = php(`${settings.identity.issuer}/.well-known/openid-configuration`);
  return [
    ...Object.entries(headers).map(([name, value]) => `header(${php(`${name}: ${value}`)});`),
    `$signedIn = !empty($_COOKIE[${php(SIGNED_IN)}]);`,
    `$issuer = homelab_issuer::discover(${discovery}, ${php(settings.caFile ?? true)}, $signedIn);`,
    "$config = array_merge($config, homelab_issuer::options($issuer['document']));",
    "if (!$signedIn && !$issuer['answers']) {",
    "    http_response_code(503);",
    "    header('Refresh: 10');",
    "    header('Retry-After: 10');",
    `    exit(${php(issuerDownPage(settings))});`,
    "}",
  ].join("\n");
}
