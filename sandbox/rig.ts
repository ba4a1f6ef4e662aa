/** All that the sandbox takes from the tests' rig: no other file of it imports from there (tests/unit/stack/rooms.test.ts). */
export { Authority, spki } from "../tests/rig/ca";
export { type ControlPlane, startControlPlane } from "../tests/rig/cluster/controlplane";
export { KubeClient, type KubeObject } from "../tests/rig/cluster/kube";
export { ProcessFolder, reap, sweep } from "../tests/rig/cluster/processes";
export { buildWorld, removeWorld, tlsSecret } from "../tests/rig/environment/build";
export { forward, type Kubectl } from "../tests/rig/environment/forward";
export type { Address } from "../tests/rig/environment/https";
export type { IssuerChoice } from "../tests/rig/environment/issuer";
export { domain, hosts, people, person, stackNamespace, worldNamespace } from "../tests/rig/environment/names";
export { type IssuerDoor, openIssuer } from "../tests/rig/environment/signIn";
export { newKeys, type World } from "../tests/rig/environment/types";
export { findPlugins } from "../tests/rig/fakes/plugins";
export { buildImages } from "../tests/rig/images";
export { type Outside, startNode, whyNoNode } from "../tests/rig/node";
export { cacheFolder, findTools } from "../tests/rig/tools/find";
export { type Log, toTerminal } from "../tests/rig/tools/log";
