/** Waits for an answer, in milliseconds. */
const TIMEOUT = 30_000;

/** Sends one HTTP request; an error names the host that cannot be reached, not only that something failed. */
export async function request(url: string | URL, init: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT) });
  } catch (error) {
    throw new Error(`${new URL(url).host} is unreachable`, { cause: error });
  }
}

/** Sends a request whose answer must be good. */
export async function requestOk(url: string | URL, init: RequestInit = {}): Promise<Response> {
  const response = await request(url, init);
  const { origin, pathname } = new URL(url);
  if (!response.ok) throw new Error(`${init.method ?? "GET"} ${origin}${pathname} answered ${response.status}`);
  return response;
}
