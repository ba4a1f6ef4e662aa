export { followLog } from "./background";
export { type ClusterApi, clusterApi, type KubeObject, list } from "./clusterApi";
export { keepPortForward, portForward } from "./portForward";
export { type KubectlProxy, startProxy } from "./proxy";
export { contextOf, type Kubectl, runKubectl, type TimedKubectl, UnknownContext } from "./run";
