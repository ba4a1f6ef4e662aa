import type { KubeObject } from "../kube";

/** Pulumi's wire form of a secret: an object with this signature, which must never be unwrapped on its way to the state. */
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
/** Pulumi's wire form of a value that is not known before the update runs. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

// biome-ignore lint/suspicious/noExplicitAny: property values of every shape
type Value = any;

const isMap = (value: Value): value is KubeObject =>
  value !== null && typeof value === "object" && !Array.isArray(value);

export const isSecret = (value: Value): boolean => isMap(value) && value[SIGNATURE_KEY] === SECRET_SIGNATURE;

export const secret = (value: Value): Value => (isSecret(value) ? value : { [SIGNATURE_KEY]: SECRET_SIGNATURE, value });

/** The value with every secret's wrapper taken off. */
export function plain(value: Value): Value {
  if (Array.isArray(value)) return value.map(plain);
  if (!isMap(value)) return value;
  if (isSecret(value)) return plain(value.value);
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]));
}

function contains(value: Value, test: (value: Value) => boolean): boolean {
  if (test(value)) return true;
  if (Array.isArray(value)) return value.some((item) => contains(item, test));
  return isMap(value) && Object.values(value).some((item) => contains(item, test));
}

export const hasUnknowns = (value: Value): boolean => contains(value, (v) => v === UNKNOWN);

/**
 * Marks in `outputs` what was secret in `inputs`. All of a Kubernetes Secret's data is secret, whatever the program said;
 * an array with one secret in it is secret as a whole, since the server may reorder it.
 */
export function withSecretsOf(outputs: Value, inputs: Value): Value {
  if (!isMap(outputs)) return outputs;
  const marked = { ...outputs };
  if (plain(outputs.kind) === "Secret") {
    for (const key of ["data", "stringData"]) if (key in marked) marked[key] = secret(marked[key]);
    return marked;
  }
  for (const [key, input] of Object.entries(isMap(inputs) ? inputs : {})) {
    if (!(key in marked)) continue;
    if (isMap(marked[key]) && isMap(input) && !isSecret(input)) marked[key] = withSecretsOf(marked[key], input);
    else if (contains(input, isSecret)) marked[key] = secret(marked[key]);
  }
  return marked;
}
