import * as path from "node:path";
import { PulumiCommand } from "@pulumi/pulumi/automation";
import type { Engine } from "../../../sandbox/engine";
import { clientOf } from "../../rig/cluster/controlplane";

/** What the run's setup left for the suites. */
const environment = JSON.parse(process.env.HOMELAB_MAIL_E2E ?? "{}") as {
  folder: string;
  kubeconfig: string;
  pulumi: string;
  searchPath: string;
};

export const { folder, kubeconfig, pulumi } = environment;

export const client = clientOf(kubeconfig);

export async function engine(): Promise<Engine> {
  const root = path.dirname(path.dirname(environment.pulumi));
  return { pulumi: await PulumiCommand.get({ root }), searchPath: environment.searchPath };
}

/** Encrypts the tests' configuration and state. */
export const PASSPHRASE = "for-tests-only";
