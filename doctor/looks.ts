import { identityClient } from "../components/outputs/clients";
import { dnsRecords } from "../components/outputs/dns";
import { names } from "../components/shared/names";
import { webmailLogoutUri, webmailRedirectUri } from "../components/webmail/config";
import { compared, observeCertificate, type Place } from "./observe/certificates";
import { addressesOf, mailService, observeCluster } from "./observe/cluster";
import type { ClusterApi } from "./observe/cluster-api";
import { observeRunning, observeState } from "./observe/configuration";
import { observeDns } from "./observe/dns";
import { type FetchersSeen, observeFetchers } from "./observe/fetchers";
import { tryPolicies } from "./observe/policies";
import { type MailboxLogin, observeMailbox, observeRelay } from "./observe/provider";
import { observeQueue } from "./observe/queue";
import { sendAround } from "./observe/send";
import { observeSignIn } from "./observe/signIn";
import type { Stack, State } from "./observe/stack";
import type { Look } from "./run";
import { judgeCertificates } from "./verdicts/certificates";
import { judgeCluster } from "./verdicts/cluster";
import { judgeDeployed, judgeLoaded, judgeRunning } from "./verdicts/configuration";
import { judgeDns } from "./verdicts/dns";
import { judgeFlow } from "./verdicts/flow";
import { judgeProvider } from "./verdicts/provider";
import { judgeSignIn } from "./verdicts/signIn";

/** Milliseconds. The longest look and the reading of the configuration before it stay under forty seconds together. */
export const limits = {
  configuration: 10_000,
  look: 25_000,
  connection: 8_000,
  policies: 15_000,
  send: 90_000,
} as const;

export interface LooksArgs {
  readonly stack: Stack;
  readonly state: Promise<State>;
  readonly cluster: ClusterApi;
  readonly resolvers: readonly string[];
  readonly pods: boolean;
  readonly send: boolean;
  /** Fires when all looks are over. */
  readonly over: AbortSignal;
}

/** A promise that is made when it is first needed; nobody waits for one that is not. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const unless = <T>(promise: Promise<T>, otherwise: T): Promise<T> => promise.catch(() => otherwise);

export function logins({ config, passwords }: Stack): MailboxLogin[] {
  return config.mailboxes.map(({ name, address, folders, keep }) => ({
    mailbox: name,
    address,
    password: passwords[name] ?? "",
    folders,
    keep,
  }));
}

/** What several looks need, each asked for once. */
function shared({ stack: { config }, state, cluster, over }: LooksArgs) {
  const { hosts, namespace, provider, identity } = config;
  const hostNames = [
    ...new Set([provider.imap.host, provider.smtp.host, new URL(identity.issuer).hostname, hosts.mail]),
  ];
  const service = once(async () => addressesOf(await mailService(cluster, namespace)));
  const server = once(() => cluster.forward(`deploy/${names.stalwart}`, 8080, over));
  const fetchers = once(
    (): Promise<FetchersSeen> =>
      observeFetchers(
        cluster,
        config.mailboxes.map(({ name }) => name),
        hostNames,
      ),
  );
  /** The password that the state knows; without a state, none. */
  const password = once(async () => (await state).adminPassword ?? "");
  return { service, server, fetchers, password };
}

type Shared = ReturnType<typeof shared>;

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
          // DNS is looked at elsewhere: what the server serves can be seen at the Service's address all the same.
          const [host] = await unless(service(), []);
          return host === undefined ? first : observeCertificate({ ...place, address: { ...place, host } }, settings);
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
  return async () =>
    judgeSignIn(
      await observeSignIn({
        namespace,
        domain,
        issuer: identity.issuer,
        clientId: identity.clientId,
        apiKey,
        redirectUris,
        logoutRedirectUris,
        ca: trust.certificates,
        limit: limits.connection,
        clusterAhead: unless(fetchers(), undefined).then((seen) => seen?.ahead),
        server: server(),
      }),
    );
}

function flow(args: LooksArgs, { server, fetchers, password }: Shared): Look["run"] {
  const { config, relayPassword } = args.stack;
  const { namespace, provider, relay, trust } = config;
  const to = logins(args.stack)[0];
  return async () => {
    const asked = Promise.all([server(), password()]).then(([base, word]) => ({ base, password: word }));
    const roundTrip =
      args.send && to
        ? asked
            .catch((problem: Error) => ({ base: "", password: "", problem }))
            .then((at) =>
              "problem" in at
                ? Promise.reject(
                    new Error(`nothing was sent, for the mail server cannot be asked: ${at.problem.message}`),
                  )
                : sendAround({
                    ...provider,
                    relay: { username: relay.username, password: relayPassword },
                    to,
                    ca: trust.certificates,
                    limit: limits.connection,
                    patience: 60_000,
                    server: at,
                  }),
            )
        : undefined;
    const [seen, queue, trip] = await Promise.all([
      fetchers(),
      asked.then(
        (at) => observeQueue({ ...at, user: "admin", limit: limits.connection }),
        (problem: Error) => ({ reason: problem.message, refused: false }),
      ),
      roundTrip,
    ]);
    return judgeFlow({
      namespace,
      now: Date.now(),
      fetchers: seen.fetchers,
      queue,
      ...(trip && { roundTrip: trip }),
    });
  };
}

/** Everything there is to look at once the configuration is known. */
export function looksAt(args: LooksArgs): Look[] {
  const { stack, state, cluster, resolvers } = args;
  const { config, relayPassword } = stack;
  const { namespace, provider, trust, images } = config;
  const common = shared(args);
  const session = { ca: trust.certificates, limit: limits.connection };
  const look = (group: Look["group"], hides: Look["hides"], run: Look["run"], subject?: string): Look => ({
    group,
    hides,
    run,
    limit: group === "flow" && args.send ? limits.send : limits.look,
    ...(subject !== undefined && { subject }),
  });
  return [
    look("configuration", ["in"], async () => {
      const configured = config.mailboxes.map(({ name }) => name);
      return [
        judgeLoaded(config.domain, configured.length),
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
          : judgeRunning({ running: await observeRunning(cluster, namespace, known) });
      },
      "in the cluster",
    ),
    look("dns", ["in"], async () =>
      judgeDns(
        await observeDns({
          domain: config.domain,
          namespace,
          wanted: dnsRecords(config),
          resolvers,
          service: await unless(common.service(), []),
        }),
      ),
    ),
    look("certificates", ["read"], certificates(args, common)),
    look("provider", ["in", "out"], async () => {
      const [mailboxes, relay] = await Promise.all([
        Promise.all(logins(stack).map((login) => observeMailbox(provider.imap, login, session))),
        observeRelay(provider.smtp, { username: config.relay.username, password: relayPassword }, session),
      ]);
      return judgeProvider({ namespace, now: Date.now(), mailboxes, relay });
    }),
    look("signIn", ["read"], signIn(args, common)),
    look("cluster", ["in", "out", "read"], async () =>
      judgeCluster(
        await observeCluster({
          cluster,
          namespace,
          sendsTo: provider.smtp.host,
          limit: 3000,
          inside: common.fetchers().then(({ inside }) => inside),
          policies: async () =>
            args.pods
              ? tryPolicies({ cluster, namespace, image: images.fetchmail, limit: limits.policies })
              : { skipped: true },
        }),
      ),
    ),
    look("flow", ["in", "out"], flow(args, common)),
  ];
}
