/** Ends the control plane, and removes every stack's files with it. */
export default async function teardown(): Promise<void> {
  await globalThis.homelabMailCluster?.stop();
}
