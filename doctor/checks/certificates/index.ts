import { names } from "../../../config/names";
import { type CheckContext, type CheckDefinition, forwardedPort, limits, orElse } from "../../context";
import { type CertificateObservation, collectCertificate, compared, type Place } from "./collect";
import { evaluateCertificates } from "./evaluate";
import { certificateMessages } from "./messages";

async function tlsSecrets({ stack: { config }, cluster }: CheckContext) {
  const own = "secretName" in config.tls ? config.tls.secretName : undefined;
  const byHost = {
    [config.hosts.mail]: own ?? names.secrets.mailTls,
    [config.hosts.webmail]: own ?? names.secrets.webmailTls,
  };
  const found = await Promise.all(
    Object.entries(byHost).map(async ([host, name]) => {
      const secret = await orElse(cluster.get(`/api/v1/namespaces/${config.namespace}/secrets/${name}`), undefined);
      const pem = Buffer.from(secret?.data?.["tls.crt"] ?? "", "base64").toString();
      return pem === "" ? [] : [[host, { name, pem }] as const];
    }),
  );
  return Object.fromEntries(found.flat());
}

async function served(context: CheckContext, place: Place): Promise<CertificateObservation> {
  const settings = { ca: context.stack.config.trust.certificates, limit: limits.connection };
  const first = await collectCertificate(place, settings);
  if (!("error" in first) || first.error !== "no such name" || place.port === 443) return first;
  // The DNS checks report a missing name. The server's certificate can still be checked inside the cluster.
  const [host] = await orElse(context.lookups.serviceAddresses(), []);
  const address = host === undefined ? await orElse(forwardedPort(context, place.port), undefined) : { ...place, host };
  return address === undefined ? first : collectCertificate({ ...place, address }, settings);
}

export const certificates: CheckDefinition = {
  messages: certificateMessages,
  checks: (context) => [
    {
      obscures: ["read"],
      run: async () => {
        const { hosts, namespace } = context.stack.config;
        const places: Place[] = [
          { host: hosts.mail, port: 993 },
          { host: hosts.mail, port: 465 },
          { host: hosts.mail, port: 587, startTls: true },
          { host: hosts.mail, port: 443 },
          { host: hosts.webmail, port: 443 },
        ];
        const [seen, secrets] = await Promise.all([
          Promise.all(places.map((place) => served(context, place))),
          tlsSecrets(context),
        ]);
        return evaluateCertificates({ namespace, now: Date.now(), endpoints: compared(seen, secrets) });
      },
    },
  ],
};
