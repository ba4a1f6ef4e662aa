import { identityClient } from "../components/outputs/clients";
import { dnsRecords } from "../components/outputs/dns";
import { webmailLogoutUri, webmailRedirectUri } from "../components/webmail/config";
import { addressesOf as mailAddresses } from "../config/addresses";
import { names } from "../config/names";
import type { Migration } from "../config/types";
import { compared, observeCertificate, type Place } from "./observe/certificates";
import { observeCluster, type PoliciesSeen } from "./observe/cluster";
import { observeClusterDns } from "./observe/clusterDns";
import { observeRunning, observeState } from "./observe/configuration";
import { observeDevices } from "./observe/devices";
import { observeDns } from "./observe/dns";
import { observeForged } from "./observe/forged";
import { observeMigration } from "./observe/migration";
import { observePocketId } from "./observe/pocketId";
import { tryPolicies } from "./observe/policies";
import { type MailboxLogin, observeMailbox, observeRelay, trusting } from "./observe/provider";
import { observeQueue } from "./observe/queue";
import { sendAround } from "./observe/send";
import { observeSender } from "./observe/sender";
import { observeSignIn } from "./observe/signIn";
import type { Look } from "./run";
import { type LooksArgs, limits, logins, type Shared, shared, unless } from "./sharing";
import { judgeCertificates } from "./verdicts/certificates";
import { judgeCluster } from "./verdicts/cluster";
import { judgeDeployed, judgeLoaded, judgeRunning } from "./verdicts/configuration";
import { judgeDevices } from "./verdicts/devices";
import { judgeDns, judgeInside } from "./verdicts/dns";
import { judgeFlow, judgeRoundTrip } from "./verdicts/flow";
import { judgeForged } from "./verdicts/forged";
import { judgeMigration } from "./verdicts/migration";
import { judgePocketId } from "./verdicts/pocketId";
import { judgeProvider } from "./verdicts/provider";
import { judgeSignIn } from "./verdicts/signIn";

function tlsSecrets({ stack: { config }, cluster }: LooksArgs) {
  const own = "secretName" in config.tls ? config.tls.secretName : undefined;
  const byHost = {
    [config.hosts.mail]: own ?? names.secrets.mailTls,
    [config.hosts.webmail]: own ?? names.secrets.webmailTls,
  };
  return Promise.all(
    Object.entries(byHost).map(async ([host, name]) => {
      const secret = await unless(cluster.get(`/api/v1/namespaces/${config.namespace}/secrets/${name}`), undefined);
      const pem = Buffer.from(secret?.data?.["tls.crt"] ?? "", "base64").toString();
      return pem === "" ? [] : [[host, { name, pem }] as const];
    }),
  ).then((found) => Object.fromEntries(found.flat()));
}

async function insideAt({ cluster, over }: LooksArgs, port: number): Promise<{ host: string; port: number }> {
  const { hostname, port: local } = new URL(await cluster.forward(`deploy/${names.stalwart}`, port, over));
  return { host: hostname, port: Number(local) };
}

function certificates(args: LooksArgs, { service }: Shared): Look["run"] {
  const { hosts, namespace, trust } = args.stack.config;
  return async () => {
    const settings = { ca: trust.certificates, limit: limits.connection };
    const places: Place[] = [
      { host: hosts.mail, port: 993 },
      { host: hosts.mail, port: 465 },
      { host: hosts.mail, port: 587, startTls: true },
      { host: hosts.mail, port: 443 },
      { host: hosts.webmail, port: 443 },
    ];
    const [seen, secrets] = await Promise.all([
      Promise.all(
        places.map(async (place) => {
          const first = await observeCertificate(place, settings);
          if (!("error" in first) || first.error !== "no such name" || place.port === 443) return first;
          // DNS is looked at elsewhere: what the server serves can be seen inside all the same.
          const [host] = await unless(service(), []);
          const address = host === undefined ? await unless(insideAt(args, place.port), undefined) : { ...place, host };
          return address === undefined ? first : observeCertificate({ ...place, address }, settings);
        }),
      ),
      tlsSecrets(args),
    ]);
    return judgeCertificates({ namespace, now: Date.now(), endpoints: compared(seen, secrets) });
  };
}

function signIn({ stack }: LooksArgs, { server, fetchers }: Shared): Look["run"] {
  const { config, apiKey } = stack;
  const { hosts, identity, namespace, domain, trust } = config;
  const uris = {
    webmailRedirectUri: webmailRedirectUri(hosts.webmail),
    webmailLogoutUri: webmailLogoutUri(hosts.webmail),
  };
  const { redirectUris, logoutRedirectUris } = identityClient({ ...config, ...uris });
  const asked = {
    issuer: identity.issuer,
    clientId: identity.clientId,
    apiKey,
    ca: trust.certificates,
    limit: limits.connection,
  };
  return async () => {
    const [seen, accounts] = await Promise.all([
      observeSignIn({
        namespace,
        domain,
        ...asked,
        redirectUris,
        logoutRedirectUris,
        allowedGroups: identity.allowedGroups,
        clusterAhead: unless(fetchers(), undefined).then((seen) => seen?.ahead),
        server: server(),
      }),
      observePocketId({ ...asked, addresses: mailAddresses(config) }),
    ]);
    // An issuer that does not answer is told of once.
    return [...judgeSignIn(seen), ...("failed" in seen.discovery ? [] : judgePocketId(accounts))];
  };
}

function flow({ stack }: LooksArgs, { server, fetchers, password }: Shared): Look["run"] {
  const { namespace } = stack.config;
  return async () => {
    const [seen, queue] = await Promise.all([
      fetchers(),
      Promise.all([server(), password()]).then(
        ([base, word]) => observeQueue({ base, user: "admin", password: word, limit: limits.connection }),
        (problem: Error) => ({ reason: problem.message, refused: false }),
      ),
    ]);
    return judgeFlow({ namespace, now: Date.now(), fetchers: seen.fetchers, queue });
  };
}

function roundTrip({ stack, over, undertake }: LooksArgs, { server, password }: Shared): Look["run"] {
  const { config, relayPassword } = stack;
  const { namespace, provider, relay, trust } = config;
  const to = logins(stack)[0] as MailboxLogin; // a configuration without a mailbox does not load
  return async () => {
    // Asked before anything is sent: what could not be found again would stay.
    const [base, word] = await Promise.all([server(), password()]);
    const trip = sendAround({
      ...provider,
      relay: { username: relay.username, password: relayPassword },
      to,
      ca: trust.certificates,
      limit: limits.connection,
      patience: limits.patience,
      server: { base, password: word },
      signal: over,
    });
    undertake(trip);
    return [judgeRoundTrip(await trip, namespace)];
  };
}

/** A migration's source beside its mailbox, which the administrator opens. */
function migration(args: LooksArgs, { password }: Shared, one: Migration): Look["run"] {
  const { config, migrations } = args.stack;
  const login = migrations[one.name] ?? { user: "", password: "" };
  return async () => {
    const [place, word] = await Promise.all([insideAt(args, 993), password()]);
    const seen = await observeMigration({
      migration: one,
      source: { ...login, host: one.from.host, port: one.from.port },
      here: { ...place, servername: config.hosts.mail, user: `${one.account}%admin`, password: word },
      tls: trusting(config.trust.certificates),
      limit: limits.connection,
    });
    return judgeMigration(seen, config.namespace);
  };
}

const roundTripSubject = "round trip";

async function policies({ stack: { config }, cluster, pods, over, undertake }: LooksArgs): Promise<PoliciesSeen> {
  if (!pods) return { skipped: true };
  const { namespace, images } = config;
  const trial = tryPolicies({ cluster, namespace, image: images.fetchmail, limit: limits.policies, signal: over });
  undertake(trial);
  return trial;
}

/** Everything there is to look at once the configuration is known. */
export function looksAt(args: LooksArgs): Look[] {
  const { stack, state, cluster, resolvers } = args;
  const { config, relayPassword } = stack;
  const { namespace, provider, trust } = config;
  const common = shared(args);
  const session = { ca: trust.certificates, limit: limits.connection };
  const look = (
    group: Look["group"],
    hides: Look["hides"],
    run: Look["run"],
    subject?: string,
    limit: number = limits.look,
  ): Look => ({
    group,
    hides,
    run,
    limit,
    ...(subject !== undefined && { subject }),
  });
  return [
    look("configuration", ["in"], async () => {
      const configured = config.mailboxes.map(({ name }) => name);
      return [
        judgeLoaded(config.domains, configured.length),
        ...judgeDeployed({ configured, state: observeState(await state) }),
      ];
    }),
    look(
      "configuration",
      ["in", "out", "read"],
      async () => {
        const known = await state;
        // An empty state is told of above; there is nothing to compare with.
        return known.objects.length === 0
          ? []
          : judgeRunning({ running: await observeRunning(cluster, namespace, known), context: args.context });
      },
      "in the cluster",
    ),
    look("dns", ["in"], async () => {
      const about = {
        domain: config.domain,
        namespace,
        wanted: dnsRecords(config),
        service: await unless(common.service(), []),
      };
      const [world, inside] = await Promise.all([
        observeDns({ ...about, resolvers }),
        observeClusterDns({ ...about, cluster, signal: args.over, limit: limits.connection }),
      ]);
      return [...judgeDns(world), ...judgeInside(world, inside)];
    }),
    look("certificates", ["read"], certificates(args, common)),
    look("provider", ["in", "out"], async () => {
      const service = { username: config.relay.username, password: relayPassword };
      const [mailboxes, relay, { fetchers }, senders] = await Promise.all([
        Promise.all(logins(stack).map((login) => observeMailbox(provider.imap, login, session))),
        observeRelay(provider.smtp, service, session),
        common.fetchers(),
        Promise.all(
          logins(stack).map(({ mailbox, address, password }) => {
            const own = config.relay.mode === "mailbox" ? { username: address, password } : service;
            return observeSender(provider.smtp, mailbox, address, own, session);
          }),
        ),
      ]);
      return judgeProvider({ namespace, now: Date.now(), mailboxes, relay, fetchers, senders });
    }),
    look("signIn", ["read"], signIn(args, common)),
    look(
      "signIn",
      [],
      async () => judgeForged(await observeForged(`https://${config.hosts.mail}`, config.hosts.mail, session)),
      "client addresses",
    ),
    look("devices", [], async () => judgeDevices(await observeDevices(config, session), namespace)),
    look("cluster", ["in", "out", "read"], async () =>
      judgeCluster(
        await observeCluster({
          cluster,
          namespace,
          sendsTo: provider.smtp.host,
          limit: 3000,
          inside: common.fetchers().then(({ inside }) => inside),
          policies: () => policies(args),
        }),
      ),
    ),
    look("flow", ["in", "out"], flow(args, common)),
    ...(args.send ? [look("flow", [], roundTrip(args, common), roundTripSubject, limits.send)] : []),
    ...(args.migration
      ? config.migrations.map((one) =>
          look("flow", [], migration(args, common, one), `migration ${one.name}`, limits.migration),
        )
      : []),
  ];
}
