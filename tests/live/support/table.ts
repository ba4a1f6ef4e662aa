/** What can be reached, by the name that docs/reference/network.md gives it and the port. */
export const endpoints = {
  stalwart: [25, 2525, 465, 587, 993, 4190, 8080],
  webmail: [8000],
  fetcher: [8081],
  provider: [993, 465],
  issuer: [443],
  DNS: [53],
} as const;

const userPorts = ["stalwart 465", "stalwart 587", "stalwart 993", "stalwart 4190"];
const external = ["provider 993", "provider 465", "issuer 443", "DNS 53"];

/** Who may talk to whom: the rows of the table in docs/reference/network.md, which tests/unit/components/network compares. */
export const open = {
  stalwart: ["provider 465", "stalwart 465", "issuer 443", "DNS 53"],
  fetchmail: ["stalwart 25", "stalwart 2525", "stalwart 993", "provider 993", "DNS 53"],
  roundcube: ["stalwart 465", "stalwart 993", "stalwart 4190", "issuer 443", "DNS 53"],
  settings: ["stalwart 8080", "DNS 53"],
  stranger: [],
  "another namespace": ["stalwart 25", ...userPorts, ...external],
  "the ingress' namespace": ["stalwart 25", ...userPorts, "stalwart 8080", "webmail 8000", ...external],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Source = keyof typeof open;

/** kube-router takes what a policy lets in for what it lets out as well, between pods of that policy. */
export const withKubeRouter: Partial<Record<Source, readonly string[]>> = {
  stalwart: ["stalwart 25", ...userPorts],
};
