import * as pulumi from "@pulumi/pulumi";
import { MailServer } from "../../../../components/mailserver";
import type { StackConfig } from "../../../../config/types";
import { type Recorded, type Recorder, settled, startRecording } from "../../../support/recorder";
import { sampleConfig } from "../../../support/sample";

export interface Deployed {
  readonly recorder: Recorder;
  readonly mail: MailServer;
}

/** The mail server alone, against mocks. */
export async function deploy(overrides: Partial<StackConfig> = {}): Promise<Deployed> {
  const recorder = await startRecording();
  const mail = new MailServer("stalwart", { ...sampleConfig(overrides), dataClaim: pulumi.output("stalwart-data") });
  await settled();
  return { recorder, mail };
}

export const kubernetes = ({ recorder }: Deployed): Recorded[] =>
  recorder.resources.filter(({ type }) => type.startsWith("kubernetes:"));

/** Objects whose content differs between two deployments, by kind and logical name. */
export function touched(before: Deployed, after: Deployed): string[] {
  const contents = (deployed: Deployed) =>
    new Map(deployed.recorder.resources.map((r) => [`${r.type.split(":").pop()}/${r.name}`, JSON.stringify(r.inputs)]));
  const [old, now] = [contents(before), contents(after)];
  return [...new Set([...old.keys(), ...now.keys()])].filter((key) => old.get(key) !== now.get(key)).sort();
}

export const job = (recorder: Recorder, logicalName: string): Recorded => {
  const found = recorder.kind("Job").find(({ name }) => name === logicalName);
  if (!found) throw new Error(`no Job ${logicalName}`);
  return found;
};
export const patch = (recorder: Recorder): Recorded => {
  const [found, ...more] = recorder.resources.filter(({ type }) => type === "kubernetes:apps/v1:DeploymentPatch");
  if (!found || more.length > 0) throw new Error("there must be one DeploymentPatch");
  return found;
};
export const deployment = (recorder: Recorder): Recorded => {
  const [found] = recorder.resources.filter(({ type }) => type === "kubernetes:apps/v1:Deployment");
  if (!found) throw new Error("no Deployment");
  return found;
};
export const waitsFor = (recorder: Recorder, one: Recorded, other: Recorded): boolean =>
  recorder.upstream(one).has(other.urn);
