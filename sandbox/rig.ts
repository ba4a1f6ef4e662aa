/** All imports of the sandbox from the tests' rig: no other file of the sandbox imports from it (tests/unit/stack/rooms.test.ts). */
export { PrivateCa, spki } from "../tests/rig/ca";
export { type ControlPlane, clientOf, startControlPlane } from "../tests/rig/cluster/controlplane";
export { KubeClient } from "../tests/rig/cluster/kube";
export { ProcessFolder, reap, sweep } from "../tests/rig/cluster/processes";
export { createEnvironment, deleteEnvironment, tlsSecret } from "../tests/rig/environment/build";
export type { Address } from "../tests/rig/environment/https";
export type { IssuerChoice } from "../tests/rig/environment/issuer";
export {
  accounts,
  domain,
  environmentNamespace,
  hosts,
  stackNamespace,
  testUser,
} from "../tests/rig/environment/names";
export { connectIssuer, type IssuerClient } from "../tests/rig/environment/signIn";
export { newKeys, type TestEnvironment } from "../tests/rig/environment/types";
export { findPlugins } from "../tests/rig/fakes/plugins";
export { buildImages, imagesAreMade } from "../tests/rig/images";
export { type ExternalHost, startNode, whyNoNode } from "../tests/rig/node";
export type { ToolsetName } from "../tests/rig/tools/catalog";
export { cacheFolder, findTools, missingTools, onPath } from "../tests/rig/tools/find";
export { type Log, toTerminal } from "../tests/rig/tools/log";
