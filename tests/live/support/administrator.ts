import { environmentNamespace, stackNamespace } from "../../rig/environment/names";
import type { LiveFixture } from "./fixture";
import { addressOf, server } from "./mail";
import { python } from "./probe";

/** As who administers comes: not through the ingress, which lets no password to this interface. */
const JMAP = `
import base64, json, sys, time, urllib.error, urllib.request
order = json.load(sys.stdin)
body = {"using": ["urn:ietf:params:jmap:core", "urn:stalwart:jmap"], "methodCalls": [[order["method"], order["arguments"], "0"]]}
headers = {
    "Authorization": "Basic " + base64.b64encode(f"{order['user']}:{order['password']}".encode()).decode(),
    "Content-Type": "application/json",
    "X-Forwarded-For": "127.0.0.1",
}
request = urllib.request.Request(order["url"], data=json.dumps(body).encode(), headers=headers)
for tries_left in reversed(range(12)):  # network policies reach a new pod, at either end, some time after it runs
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            print(json.dumps(json.load(answer)["methodResponses"][0][1]))
        break
    except urllib.error.HTTPError as refusal:
        print(refusal.code)
        break
    except urllib.error.URLError:  # not connected: nothing was asked yet
        if not tries_left:
            raise
        time.sleep(1)
`;

/** What the server answers the administrator who acts for somebody or for nobody, or the HTTP status by which it refuses. */
export async function actAs(
  fixture: LiveFixture,
  name: string | undefined,
  method: string,
  args: object,
): Promise<unknown> {
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "stalwart-admin", namespace: stackNamespace } };
  const { data } = (await fixture.live.client.read(secret)) ?? {};
  const password = Buffer.from(data.password, "base64").toString();
  const order = {
    url: `http://${server}:8080/jmap`,
    user: name === undefined ? "admin" : `${addressOf(name)}%admin`,
    password,
    method,
  };
  const probe = { namespace: environmentNamespace, name: "probe" };
  return python(fixture.live.kubectl, probe, JMAP, { ...order, arguments: args });
}
