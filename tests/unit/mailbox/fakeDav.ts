import * as http from "node:http";
import { listen } from "../../support/listen";

const escaped = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
const uidOf = (text: string): string | undefined => /^UID:(.*)$/m.exec(text)?.[1]?.trim();

/** CalDAV and CardDAV as Stalwart answers (crates/dav/src/calendar/update.rs, card/update.rs). */
export class FakeDav {
  /** Collections by path, and what is in them by name. */
  readonly store = new Map<string, { name: string; members: Map<string, string> }>();
  readonly asked: string[] = [];
  private readonly server = http.createServer((request, response) => void this.answer(request, response));
  base = "";
  /** Bytes. */
  largest = 524_288;
  /** How many requests are answered with 429 first. */
  busy = 0;

  constructor(
    private readonly user: string,
    private readonly password: string,
  ) {
    const home = encodeURIComponent(user);
    this.store.set(`/dav/cal/${home}/default/`, { name: `Stalwart Calendar (${user})`, members: new Map() });
    this.store.set(`/dav/card/${home}/default/`, { name: `Stalwart Address Book (${user})`, members: new Map() });
  }

  async start(): Promise<this> {
    this.base = `http://127.0.0.1:${await listen(this.server)}`;
    return this;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces).toString();
    const [path = "", method = ""] = [request.url, request.method];
    this.asked.push(`${method} ${path}`);
    const end = (status: number, text = ""): void => void response.writeHead(status).end(text);
    const login = Buffer.from(`${this.user}:${this.password}`).toString("base64");
    if (request.headers.authorization !== `Basic ${login}`) return end(401);
    if (request.headers["x-forwarded-for"] === undefined) return end(400);
    if (this.busy > 0) {
      this.busy -= 1;
      return end(429);
    }
    const resource = (href: string, name: string, type: string): string =>
      `<D:response><D:href>${escaped(href)}</D:href><D:propstat><D:prop><D:resourcetype>${type}</D:resourcetype><D:displayname>${escaped(name)}</D:displayname></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`;
    const type = (href: string): string =>
      `<D:collection/>${href.startsWith("/dav/cal/") ? "<A:calendar/>" : "<B:addressbook/>"}`;
    if (method === "PROPFIND") {
      const inside = [...this.store].filter(([href]) => href.startsWith(path));
      const members = [...(this.store.get(path)?.members.keys() ?? [])].map((name) =>
        resource(`${path}${name}`, "", ""),
      );
      const own = this.store.has(path) ? [] : [resource(path, "", "<D:collection/>")];
      const all = [...own, ...inside.map(([href, { name }]) => resource(href, name, type(href))), ...members];
      return end(207, `<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">${all.join("")}</D:multistatus>`);
    }
    if (method === "MKCALENDAR" || method === "MKCOL") {
      const name = /<displayname>(.*?)<\/displayname>/.exec(body)?.[1] ?? "";
      this.store.set(path, { name: name.replaceAll("&amp;", "&"), members: new Map() });
      return end(201);
    }
    const slash = path.lastIndexOf("/") + 1;
    const collection = this.store.get(path.slice(0, slash));
    if (collection === undefined) return end(409);
    const { members } = collection;
    const name = path.slice(slash);
    if (method === "GET") return members.has(name) ? end(200, members.get(name)) : end(404);
    if (members.has(name)) return end(412);
    const failed = (condition: string): void =>
      end(
        412,
        `<?xml version="1.0"?><D:error xmlns:D="DAV:" xmlns:A="urn:ietf:params:xml:ns:caldav"><A:${condition}/></D:error>`,
      );
    if (Buffer.byteLength(body) > this.largest) return failed("max-resource-size");
    if ([...members.values()].some((text) => uidOf(text) === uidOf(body))) return failed("no-uid-conflict");
    members.set(name, body);
    return end(201);
  }
}
