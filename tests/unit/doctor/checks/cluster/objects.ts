import type { KubeObject } from "../../../../../lib/kubectl";

export const deployment = (name: string): KubeObject => ({ metadata: { name }, spec: { replicas: 1 } });
export const pod = (of: string, status: KubeObject, more: KubeObject = {}): KubeObject => ({
  metadata: {
    name: `${of}-1`,
    creationTimestamp: "2026-03-01T10:00:00Z",
    labels: { "app.kubernetes.io/instance": of },
    ...more,
  },
  spec: {},
  status,
});
