import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import fc from "fast-check";
import { fixed } from "./commands";
import { loaded, reportOf, working } from "./support";

/** Public CA certificates serve as custom ones: a certificate does not say which it is. */
const [first, second, third] = rootCertificates as [string, string, string];

/** A self-signed certificate of a server, valid until 2126: not a CA certificate. */
const serverCertificate = `-----BEGIN CERTIFICATE-----
MIIBcjCCARigAwIBAgIUa74nzk9dYnchf4RZd9wyqyX2ly0wCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEbGVhZjAgFw0yNjExMjYxMDA1MTBaGA8yMTI2MTEwMjEwMDUx
MFowDzENMAsGA1UEAwwEbGVhZjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABE4/
IyxTkfe6w0wmeLFqYqOXqbV0V0TxEc3lMvlh9vgkKTPX4wuKCGE/wEQxc0k0QS30
oJTeQpp8dXe+Q0+D3DqjUDBOMB0GA1UdDgQWBBTc0aUvHizRvb699ezi97oH/ECg
qDAfBgNVHSMEGDAWgBTc0aUvHizRvb699ezi97oH/ECgqDAMBgNVHRMBAf8EAjAA
MAoGCCqGSM49BAMCA0gAMEUCIQDUsXSgi4LhUX0CA5FsNeQmu/swdTRMaHD+dkxj
Q+lOLgIgSBifWZAKu8QUtTiOYmylKkDedyaqGbuApzjZ5SCAip0=
-----END CERTIFICATE-----`;

const trusting = (...certificates: unknown[]) => ({ ...working, trust: { certificates } });
const trusted = (...certificates: unknown[]) => loaded(trusting(...certificates)).trust.certificates;

afterEach(() => {
  jest.useRealTimers();
});

describe("custom CA certificates", () => {
  test("there are no custom CA certificates by default", () => {
    expect(loaded(working).trust.certificates).toEqual([]);
  });

  test("custom CA certificates are read from texts with one or several certificates and comments around them", () => {
    expect(trusted(`Subject: CN=home\n${first}\n\n# the old one\n${second}\n`, third)).toEqual([first, second, third]);
    expect(trusted(first.replaceAll("\n", "\r\n"))).toEqual([first]);
    expect(loaded({ ...working, trust: { certificates: first } }).trust.certificates).toEqual([first]);
  });

  test.each<[string, string, string]>([
    ["a text that is none", "home-ca", "is not a certificate in PEM form"],
    ["a damaged one", first.replace(/\n.{20}/, "\nAAAAAAAAAAAAAAAAAAAA"), "cannot be read: the text is damaged"],
    ["a server's own certificate", serverCertificate, "is a server certificate; use the CA certificate that issued it"],
    [
      "a private key beside it",
      `${first}\n-----BEGIN EC PRIVATE KEY-----\nMHc\n-----END EC PRIVATE KEY-----`,
      "private key",
    ],
  ])("a text of custom CA certificates is refused, without showing it: %s", (_what, text, problem) => {
    const report = reportOf(trusting(first, text));
    expect(report).toContain("trust.certificates[1]");
    expect(report).toContain(problem);
    expect(report).toContain("$ pulumi config set --path 'trust.certificates[1]' < ca.crt");
    expect(report).not.toMatch(/BEGIN EC|MHc|home-ca/);
  });

  test("a wrong custom CA certificate is reported with its number when a text has several", () => {
    expect(reportOf(trusting(`${first}\n${serverCertificate}`))).toContain(
      "certificate 2 in it is a server certificate",
    );
  });

  test("custom CA certificates are refused when they have expired or are not valid yet", () => {
    const { validTo, validFrom } = new X509Certificate(first);
    jest.useFakeTimers({ now: new Date(validTo).getTime() + 1000 });
    expect(reportOf(trusting(first))).toContain(`has expired on ${validTo}`);
    jest.useFakeTimers({ now: new Date(validFrom).getTime() - 86_400_000 });
    expect(reportOf(trusting(first))).toContain(`is not valid before ${validFrom}`);
  });

  test("a custom CA certificate that is given twice is reported", () => {
    const report = reportOf(trusting(first, `${second}\n${first}`, first));
    expect(
      report.match(/trust\.certificates\[[12]\] +holds the same certificate as trust\.certificates\[0\]/g),
    ).toHaveLength(2);
    expect(report).toContain("$ pulumi config rm --path 'trust.certificates[1]'");
  });

  test("custom CA certificates become valid when the commands of the report are run", () => {
    const texts = fc.array(fc.oneof(fc.constantFrom(first, second, serverCertificate), fc.string({ minLength: 1 })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(texts, (certificates) => {
        expect(reportOf(fixed(trusting(...certificates)))).toBe("");
      }),
      { numRuns: 40 },
    );
  });
});
