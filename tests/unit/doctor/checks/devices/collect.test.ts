import * as http from "node:http";
import { collectDevices } from "../../../../../doctor/checks/devices/collect";
import { evaluateDevices } from "../../../../../doctor/checks/devices/evaluate";
import { listen } from "../../../../support/listen";

const servers: http.Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

const config = {
  domains: ["newjoy.ro", "example.org"],
  hosts: {
    mail: "mail.newjoy.ro",
    webmail: "webmail.newjoy.ro",
    autoconfig: "auto.newjoy.ro",
    autodiscover: "autodiscover.newjoy.ro",
  },
};

/** As Stalwart 0.16.19 writes them (crates/common/src/network/autoconfig). */
const autoconfig = (address: string, host: string): string => `<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1">
	<emailProvider id="newjoy.ro">
		<domain>newjoy.ro</domain>
		<incomingServer type="imap">
			<hostname>${host}</hostname>
			<port>993</port>
			<socketType>SSL</socketType>
			<username>${address}</username>
			<authentication>password-cleartext</authentication>
		</incomingServer>
		<outgoingServer type="smtp">
			<hostname>${host}</hostname>
			<port>465</port>
			<socketType>SSL</socketType>
			<username>${address}</username>
			<authentication>password-cleartext</authentication>
		</outgoingServer>
	</emailProvider>
</clientConfig>
`;

const autodiscover = (address: string, host: string): string => {
  const protocol = (type: string, port: number) => `			<Protocol>
				<Type>${type}</Type>
				<Server>${host}</Server>
				<Port>${port}</Port>
				<LoginName>${address}</LoginName>
				<SSL>on</SSL>
				<Encryption>TLS</Encryption>
			</Protocol>
`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">
	<Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a">
		<Account>
			<AccountType>email</AccountType>
			<Action>settings</Action>
${protocol("SMTP", 465)}${protocol("IMAP", 993)}		</Account>
	</Response>
</Autodiscover>
`;
};

type Reply = { status?: number; headers?: Record<string, string>; text?: string };

/** The mail server as its source has it: which method and path gets what. */
function stalwart(method: string, url: URL, body: string): Reply {
  const address = url.searchParams.get("emailaddress") ?? "";
  const asked = /<EMailAddress>(.*)<\/EMailAddress>/.exec(body)?.[1] ?? "";
  switch (`${method} ${url.pathname}`) {
    case "GET /mail/config-v1.1.xml":
      return { text: autoconfig(address, "mail.newjoy.ro") };
    case "POST /autodiscover/autodiscover.xml":
      return asked.includes("@") ? { text: autodiscover(asked, "mail.newjoy.ro") } : { status: 400 };
    case "PROPFIND /.well-known/caldav":
      return { status: 307, headers: { location: "/dav/cal" } };
    case "PROPFIND /.well-known/carddav":
      return { status: 307, headers: { location: "/dav/card" } };
    case "PROPFIND /dav/cal":
    case "PROPFIND /dav/card":
      return { status: 401, headers: { "www-authenticate": 'Basic realm="Stalwart Server"' } };
    case "GET /.well-known/jmap":
      return { status: 307, headers: { location: "/jmap/session" } };
    case "GET /jmap/session":
      return { text: "{}" };
    default:
      return { status: 404 };
  }
}

/** What Stalwart and its readers of XML need besides the path. */
function isComplete({ method, headers }: http.IncomingMessage, body: string): boolean {
  if (method === "GET") return true;
  if (!/^text\/xml\b/.test(headers["content-type"] ?? "")) return false;
  return method === "POST" || (headers.depth === "0" && body.includes("<A:current-user-principal/>"));
}

async function found(ingress: (method: string, url: URL, body: string, host: string) => Reply = stalwart) {
  const seen: string[] = [];
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (piece) => {
      body += piece;
    });
    request.on("end", () => {
      const [, host = "", ...rest] = (request.url ?? "").split("/");
      const url = new URL(`/${rest.join("/")}`, "http://x");
      const asked = /<EMailAddress>(.*)<\/EMailAddress>/.exec(body)?.[1];
      seen.push(`${request.method} ${host}${url.pathname}${url.search}${asked === undefined ? "" : ` for ${asked}`}`);
      const { status, headers, text } = {
        ...{ status: 200, headers: {} as Record<string, string>, text: "" },
        ...(isComplete(request, body) ? ingress(request.method ?? "", url, body, host) : { status: 400 }),
      };
      const location = headers.location?.startsWith("/") ? { location: `/${host}${headers.location}` } : {};
      response.writeHead(status, { ...headers, ...location }).end(text);
    });
  });
  servers.push(server);
  const base = `http://localhost:${await listen(server)}`;
  const observed = await collectDevices(config, { limit: 60_000 }, (host) => `${base}/${host}`);
  const results = evaluateDevices(observed, "stalwart-mail");
  return {
    seen,
    wrong: results
      .filter(({ level }) => level !== "ok")
      .map(({ check, code, subject }) => `${check} ${code} ${subject}`),
    messages: results.map(({ message }) => message),
  };
}

test("each host of each domain gets the request of its mail program, and a server that responds is ok", async () => {
  const { seen, wrong } = await found();
  expect(wrong).toEqual([]);
  expect(seen.sort()).toEqual(
    [
      "GET auto.newjoy.ro/mail/config-v1.1.xml?emailaddress=doctor%40newjoy.ro",
      "GET autoconfig.example.org/mail/config-v1.1.xml?emailaddress=doctor%40example.org",
      "POST autodiscover.newjoy.ro/autodiscover/autodiscover.xml for doctor@newjoy.ro",
      "POST autodiscover.example.org/autodiscover/autodiscover.xml for doctor@example.org",
      "POST mail.newjoy.ro/autodiscover/autodiscover.xml for doctor@newjoy.ro",
      "PROPFIND mail.newjoy.ro/.well-known/caldav",
      "PROPFIND mail.newjoy.ro/dav/cal",
      "PROPFIND mail.newjoy.ro/.well-known/carddav",
      "PROPFIND mail.newjoy.ro/dav/card",
      "GET mail.newjoy.ro/.well-known/jmap",
      "GET mail.newjoy.ro/jmap/session",
    ].sort(),
  );
});

test("a host that serves another provider's settings is reported", async () => {
  const { wrong } = await found((method, url, body, host) =>
    host === "autoconfig.example.org"
      ? { text: autoconfig("x", "imap.elsewhere.example") }
      : stalwart(method, url, body),
  );
  expect(wrong).toEqual(["autoconfig wrong autoconfig.example.org"]);
});

test("an ingress controller that blocks PROPFIND is reported for calendars and contacts", async () => {
  const { wrong } = await found((method, url, body) =>
    method === "PROPFIND" ? { status: 405 } : stalwart(method, url, body),
  );
  expect(wrong).toEqual(["services broken caldav", "services broken carddav"]);
});

test("calendars and contacts that are not at their well-known address, or ask for another login than a password, are reported", async () => {
  const other = async (path: string, reply: Reply) =>
    (await found((method, url, body) => (url.pathname === path ? reply : stalwart(method, url, body)))).wrong;
  const basic = { "www-authenticate": 'Basic realm="x"' };
  // A page of the webmail or of the ingress controller, which asks everybody to sign in.
  expect(await other("/.well-known/caldav", { status: 401, headers: basic })).toEqual(["services broken caldav"]);
  expect(await other("/.well-known/caldav", { status: 300 })).toEqual(["services broken caldav"]);
  expect(await other("/.well-known/caldav", { headers: { location: "/dav/cal" } })).toEqual(["services broken caldav"]);
  expect(await other("/dav/card", { status: 401 })).toEqual(["services broken carddav"]);
});

test("settings without TLS, and settings for receiving alone, are not taken for the stack's", async () => {
  const without = async (pattern: RegExp, instead: string) =>
    (
      await found((method, url, body) => {
        const reply = stalwart(method, url, body);
        return { ...reply, ...(reply.text !== undefined && { text: reply.text.replace(pattern, instead) }) };
      })
    ).wrong;
  const thunderbird = ["autoconfig wrong auto.newjoy.ro", "autoconfig wrong autoconfig.example.org"];
  const hosts = ["autodiscover.newjoy.ro", "autodiscover.example.org", "mail.newjoy.ro"];
  const outlook = hosts.map((host) => `autodiscover wrong ${host}`);
  expect(await without(/<socketType>SSL/g, "<socketType>STARTTLS")).toEqual(thunderbird);
  expect(await without(/<SSL>on/g, "<SSL>off")).toEqual(outlook);
  for (const port of [993, 465]) {
    expect((await without(new RegExp(`>${port}<`, "g"), ">1<")).sort()).toEqual([...thunderbird, ...outlook].sort());
  }
});

test("a host that cannot be reached is reported with the reason, for settings and for services", async () => {
  const seen = await collectDevices(config, { limit: 60_000 }, () => "http://127.0.0.1:1");
  const reasons = [...seen.settings.map(({ answer }) => answer), ...Object.values(seen.services)];
  expect(reasons).toEqual(Array(8).fill({ reason: "connection refused" }));
});

test("a request for settings that is redirected to another host is not followed there", async () => {
  const { seen, wrong, messages } = await found((method, url, body) =>
    url.pathname === "/.well-known/jmap"
      ? { status: 301, headers: { location: "http://elsewhere.example/jmap" } }
      : stalwart(method, url, body),
  );
  expect(wrong).toEqual(["services unreachable jmap"]);
  expect(messages.join()).toContain("it redirects to http://elsewhere.example");
  expect(seen.filter((line) => line.includes("jmap"))).toEqual(["GET mail.newjoy.ro/.well-known/jmap"]);
});
