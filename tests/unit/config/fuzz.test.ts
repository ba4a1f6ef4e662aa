import { renderFetchmailrc } from "../../../components/fetcher/fetchmailrc";
import { renderPlan } from "../../../components/mailserver/plan";
import { ruleGroups } from "../../../components/monitoring/rules";
import { ciliumPolicies, policies } from "../../../components/network/policies";
import { dnsRecords, zoneLine } from "../../../components/outputs/dns";
import { acceptedFiles } from "../../support/acceptedFiles";
import { numbers, stackFile } from "../../support/stackFiles";
import { itFitsSchema, schemaProblems } from "../components/mailserver/validator";
import { read } from "./support";

const SEED = Number(process.env.FC_SEED ?? 20261128);
const COUNT = 10_000;

test(`${COUNT} random stack files are reported, or their plan, policies and records can be rendered`, () => {
  const random = numbers(SEED);
  const groups = ["mailboxes", "relay", "identity", "admin", "generated", "monitoring"];
  let accepted = 0;
  for (let n = 0; n < COUNT; n++) {
    const file = stackFile(random);
    try {
      const result = read(file, { secretKeys: groups });
      if ("report" in result) {
        expect(result.report).toMatch(
          /^The configuration has (one problem|\d+ problems); nothing was deployed\.\n\n {2}\S/,
        );
        continue;
      }
      const { config } = result;
      accepted++;
      const plan = renderPlan({ ...config, metrics: config.monitoring.enabled });
      for (const line of plan.trimEnd().split("\n")) expect(JSON.parse(line)).toHaveProperty("@type");
      renderFetchmailrc({ imap: config.provider.imap, folder: "INBOX" });
      const metricsNamespace = config.monitoring.namespace;
      const network = { ...config, ...config.cluster, ingressNamespace: config.ingress.namespace, metricsNamespace };
      policies(network);
      ciliumPolicies({ controller: config.ingress.controller });
      ruleGroups({ namespace: config.namespace, mailboxes: config.mailboxes.map(({ name }) => name) });
      // A record is one line, and what it says of a name is the name.
      for (const line of dnsRecords(config).map(zoneLine)) expect(line).toMatch(/^[\w.<>-]+ IN [A-Z]+ [^\n]+$/);
    } catch (error) {
      throw new Error(`seed ${SEED}, file ${n}: ${JSON.stringify(file)}\n${(error as Error).stack}`);
    }
  }
  // Neither is everything refused, nor everything taken: both would try nothing.
  expect(accepted / COUNT).toBeGreaterThan(0.1);
  expect(accepted / COUNT).toBeLessThan(0.9);
});

itFitsSchema("0.16")("the settings of what is accepted fit the server's schema", () => {
  for (const { config } of acceptedFiles(SEED, 40)) {
    // The schema beside this repository is 0.16.19's, which does not have the one property that 0.16.20 brought.
    const images = { stalwart: "stalwartlabs/stalwart:v0.16.19" };
    const plan = renderPlan({ ...config, images, metrics: config.monitoring.enabled });
    expect(schemaProblems("0.16", plan)).toBe("");
  }
});
