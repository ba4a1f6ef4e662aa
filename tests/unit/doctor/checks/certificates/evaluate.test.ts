import { daysLeftAtLeast, evaluateCertificates } from "../../../../../doctor/checks/certificates/evaluate";
import { certificateMessages } from "../../../../../doctor/checks/certificates/messages";
import { reportsEveryFailure, reportsOkForAWorkingStack } from "../../support/provoke";

const now = Date.parse("2026-03-01T12:00:00Z");
const day = 86_400_000;
const good = {
  host: "mail.newjoy.ro",
  port: 993,
  names: ["mail.newjoy.ro"],
  covers: true,
  validTo: now + 60 * day,
  fingerprint: "AA",
  secret: { name: "stalwart-tls", same: true },
};

const say = (change: object) =>
  evaluateCertificates({ namespace: "stalwart-mail", now, endpoints: [{ ...good, ...change }] });

reportsOkForAWorkingStack(say({}), certificateMessages.catalog);

reportsEveryFailure(certificateMessages.catalog, {
  "served.unreachable": evaluateCertificates({
    namespace: "stalwart-mail",
    now,
    endpoints: [{ host: "mail.newjoy.ro", port: 465, error: "connection refused" }],
  }),
  "served.name": say({ covers: false, names: ["traefik.default"] }),
  "served.expired": say({ validTo: now - 3 * day }),
  "served.untrusted": say({ chain: "SELF_SIGNED_CERT_IN_CHAIN" }),
  "served.soon": say({ validTo: now + (daysLeftAtLeast - 0.5) * day }),
  "served.oldCertificate": say({ secret: { name: "stalwart-tls", same: false } }),
});

test("a certificate that is valid for two more weeks is ok", () => {
  expect(say({ validTo: now + daysLeftAtLeast * day })[0]?.level).toBe("ok");
});

test("a renewed certificate that the server has not loaded is reported rather than the old one's expiry", () => {
  expect(say({ validTo: now + 5 * day, secret: { name: "stalwart-tls", same: false } })[0]?.code).toBe(
    "oldCertificate",
  );
});

test("an ingress controller with its own certificate is ok, and the difference is mentioned", () => {
  const [told] = say({ port: 443, secret: { name: "stalwart-tls", same: false } });
  expect(told).toMatchObject({ level: "ok", message: "is valid for 60 days more, but differs from the Secret" });
});

test("a certificate whose Secret cannot be read is ok without a remark on it", () => {
  const { secret: _, ...unknown } = good;
  const [told] = evaluateCertificates({ namespace: "stalwart-mail", now, endpoints: [unknown] });
  expect(told).toMatchObject({ level: "ok", message: "is valid for 60 days more" });
});
