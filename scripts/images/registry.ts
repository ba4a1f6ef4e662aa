import { request, requestOk } from "./request";

/** An image as a pin names it: `registry/repository:tag@sha256:digest`; without a registry it is Docker Hub's. */
export interface ImageReference {
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

const REFERENCE = /^(?:([\w.-]+(?:[.:])[\w.-]+)\/)?([\w./-]+):([\w.-]+)@(sha256:[0-9a-f]{64})$/;

/** Where Docker Hub serves the API that other registries serve under their own name. */
const DOCKER_HUB = "registry-1.docker.io";

export function parseReference(text: string): ImageReference {
  const [, registry, repository, tag, digest] = REFERENCE.exec(text) ?? [];
  if (!repository || !tag || !digest) throw new Error(`${text} is not repository:tag@sha256:digest`);
  return { registry: registry ?? DOCKER_HUB, repository, tag, digest };
}

/** Every form in which a registry may hold the manifest of an image: the list of platforms first. */
const MANIFESTS = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/**
 * Reads tags and digests by the OCI distribution API, anonymously.
 *
 * @param origin the base URL of a registry; tests have one of their own
 */
export class RegistryClient {
  private readonly tokens = new Map<string, string>();

  constructor(private readonly origin: (registry: string) => string = (registry) => `https://${registry}`) {}

  /** All tags of a repository. */
  async tags({ registry, repository }: ImageReference): Promise<string[]> {
    const found: string[] = [];
    let next: string | undefined = `${this.origin(registry)}/v2/${repository}/tags/list?n=1000`;
    while (next) {
      const response: Response = await this.send(next, repository, "GET");
      found.push(...(((await response.json()) as { tags: string[] | null }).tags ?? []));
      const link: string | undefined = /<([^>]+)>\s*;\s*rel="?next"?/.exec(response.headers.get("link") ?? "")?.[1];
      next = link && new URL(link, next).href;
    }
    return found;
  }

  /** The digest that a tag has now. */
  async digest({ registry, repository }: ImageReference, tag: string): Promise<string> {
    const response = await this.send(`${this.origin(registry)}/v2/${repository}/manifests/${tag}`, repository, "HEAD");
    const digest = response.headers.get("docker-content-digest") ?? "";
    if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Error(`${registry} names no digest of ${repository}:${tag}`);
    return digest;
  }

  private async send(url: string, repository: string, method: string): Promise<Response> {
    const headers = (): Record<string, string> => {
      const token = this.tokens.get(repository);
      return { accept: MANIFESTS, ...(token && { authorization: `Bearer ${token}` }) };
    };
    const first = await request(url, { method, headers: headers() });
    if (first.ok) return first;
    if (first.status === 401) {
      this.tokens.set(repository, await this.token(first.headers.get("www-authenticate") ?? "", repository));
    }
    return requestOk(url, { method, headers: headers() });
  }

  private async token(challenge: string, repository: string): Promise<string> {
    const parameters = new Map([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
    const realm = parameters.get("realm");
    if (!realm) throw new Error(`the registry of ${repository} asks for a login that this program does not know`);
    const url = new URL(realm);
    url.searchParams.set("service", parameters.get("service") ?? "");
    url.searchParams.set("scope", `repository:${repository}:pull`);
    const { token, access_token } = (await (await requestOk(url)).json()) as { token?: string; access_token?: string };
    return token ?? access_token ?? "";
  }
}
