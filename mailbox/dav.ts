import { setTimeout as sleep } from "node:timers/promises";
import { forwarded } from "../doctor/clients/mailServer";

export type Kind = "cal" | "card";

/** A calendar or an address book. */
export interface Collection {
  readonly href: string;
  readonly name: string;
}

export interface DavArgs {
  readonly base: string;
  readonly user: string;
  readonly password: string;
  readonly limit: number;
  /** Milliseconds to wait after the server has answered that there were too many requests. @default 15 s */
  readonly rest?: number;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
const textOf = (xml: string): string =>
  xml
    .replace(/<!\[CDATA\[([\s\S]*?)\]\]>/g, (_, inner: string) => inner.replace(/&/g, "&amp;").replace(/</g, "&lt;"))
    .replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
      if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
      if (decimal) return String.fromCodePoint(Number(decimal));
      return entities[name] ?? whole;
    });
const asXml = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** The content of every element of that name, whatever its namespace is called. */
function elements(xml: string, name: string): string[] {
  const pattern = new RegExp(`<(?:[\\w-]+:)?${name}(?:\\s[^>]*)?(?:/>|>([\\s\\S]*?)</(?:[\\w-]+:)?${name}>)`, "g");
  return [...xml.matchAll(pattern)].map(([, inner = ""]) => inner);
}

/** The properties of each resource in a multistatus response. */
export function resources(xml: string): { href: string; name: string; collection: boolean; kinds: string }[] {
  return elements(xml, "response").map((response) => {
    const type = elements(response, "resourcetype")[0] ?? "";
    return {
      href: textOf(elements(response, "href")[0] ?? "").trim(),
      name: textOf(elements(response, "displayname")[0] ?? "").trim(),
      collection: /<(?:[\w-]+:)?collection\b/.test(type),
      kinds: type,
    };
  });
}

const marker = { cal: /<(?:[\w-]+:)?calendar\b/, card: /<(?:[\w-]+:)?addressbook\b/ } as const;
const types = { cal: "text/calendar; charset=utf-8", card: "text/vcard; charset=utf-8" } as const;
const asked = '<propfind xmlns="DAV:"><prop><resourcetype/><displayname/><getetag/></prop></propfind>';

/** The parts of CalDAV and CardDAV that import and export need: collections and their resources. */
export class Dav {
  constructor(private readonly args: DavArgs) {}

  private async ask(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string,
  ): Promise<Answer> {
    const { base, user, password, limit, rest = 15_000 } = this.args;
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    for (let tries = 0; ; tries += 1) {
      const response = await fetch(new URL(path, base), {
        method,
        redirect: "error",
        signal: AbortSignal.timeout(limit),
        headers: { ...forwarded, authorization, ...headers },
        ...(body !== undefined && { body }),
      });
      const text = await response.text();
      if (response.status !== 429 || tries === 10) return { status: response.status, text };
      await sleep(rest); // a thousand requests a minute, by the server's default
    }
  }

  private home = (kind: Kind): string => `/dav/${kind}/${encodeURIComponent(this.args.user)}/`;

  private async list(path: string): Promise<ReturnType<typeof resources>> {
    const headers = { depth: "1", "content-type": "application/xml; charset=utf-8" };
    const { status, text } = await this.ask("PROPFIND", path, headers, asked);
    if (status !== 207) throw new Error(`the server answers PROPFIND with HTTP ${status}`);
    return resources(text);
  }

  /** The user's calendars or address books; the server creates the default one at the first request. */
  async collections(kind: Kind): Promise<Collection[]> {
    const all = await this.list(this.home(kind));
    return all.filter(({ kinds }) => marker[kind].test(kinds)).map(({ href, name }) => ({ href, name }));
  }

  async create(kind: Kind, slug: string, name: string): Promise<Collection> {
    const href = `${this.home(kind)}${encodeURIComponent(slug)}/`;
    const shown = `<displayname>${asXml(name)}</displayname>`;
    const book = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"';
    const [method, body] =
      kind === "cal"
        ? [
            "MKCALENDAR",
            `<C:mkcalendar xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><set><prop>${shown}</prop></set></C:mkcalendar>`,
          ]
        : [
            "MKCOL",
            `<mkcol ${book}><set><prop><resourcetype><collection/><C:addressbook/></resourcetype>${shown}</prop></set></mkcol>`,
          ];
    const { status } = await this.ask(method, href, { "content-type": "application/xml; charset=utf-8" }, body);
    if (status !== 201) throw new Error(`the server answers ${method} with HTTP ${status}`);
    return { href, name };
  }

  /** Adds a resource. If one with the same name or UID exists, it is not changed. */
  async put(kind: Kind, collection: Collection, resource: string, text: string): Promise<"made" | "there"> {
    const path = `${collection.href.replace(/\/?$/, "/")}${encodeURIComponent(resource)}`;
    const headers = { "content-type": types[kind], "if-none-match": "*" };
    const answer = await this.ask("PUT", path, headers, text);
    if (answer.status === 201 || answer.status === 204) return "made";
    // RFC 4791 and 6352: the body names the precondition that failed; without a body it is If-None-Match.
    const failed = /<(?:[\w-]+:)?error\b[^>]*>\s*<(?:[\w-]+:)?([\w-]+)/.exec(answer.text)?.[1];
    const taken = failed === undefined || failed === "no-uid-conflict";
    if ([409, 412].includes(answer.status) && taken && !(answer.status === 409 && failed === undefined)) return "there";
    throw new Error(failed ?? `HTTP ${answer.status}`);
  }

  /** The names of everything in a collection. */
  async members(collection: Collection): Promise<string[]> {
    return (await this.list(collection.href)).filter((one) => !one.collection).map(({ href }) => href);
  }

  /** The content of a resource; undefined if it no longer exists. */
  async get(href: string): Promise<string | undefined> {
    const { status, text } = await this.ask("GET", href);
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`the server answers GET with HTTP ${status}`);
    return text;
  }
}
