import { z } from "zod";
import type { KubeObject } from "../lib/kubectl";

const previewShape = z.object({
  steps: z
    .array(
      z.object({
        op: z.string(),
        newState: z.object({ type: z.string(), inputs: z.record(z.string(), z.unknown()).optional() }).optional(),
      }),
    )
    .default([]),
  diagnostics: z.array(z.object({ message: z.string(), severity: z.string() })).default([]),
});

export interface ObjectName {
  readonly kind: string;
  readonly apiVersion: string;
  readonly name: string;
  readonly namespace?: string | undefined;
}

const inputsShape = z.object({
  kind: z.string(),
  apiVersion: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
});

/** The objects that an update would create, from `pulumi preview --json`. */
export function objectsToCreate(preview: string): ObjectName[] {
  return previewShape
    .parse(JSON.parse(preview))
    .steps.filter(({ op, newState }) => op === "create" && /^kubernetes:/.test(newState?.type ?? ""))
    .flatMap(({ newState }) => {
      const inputs = inputsShape.safeParse(newState?.inputs);
      if (!inputs.success || newState?.type.endsWith("Patch")) return [];
      const { kind, apiVersion, metadata } = inputs.data;
      return [{ kind, apiVersion, ...metadata }];
    });
}

/** Why a preview failed, from the same output. */
export function problemsIn(preview: string): string {
  try {
    const { diagnostics } = previewShape.parse(JSON.parse(preview));
    return diagnostics
      .filter(({ severity }) => severity === "error")
      .map(({ message }) => message.trim())
      .join("\n");
  } catch {
    return preview.trim();
  }
}

interface ManagedFields {
  readonly manager?: string;
  readonly subresource?: string;
}

/** Managers of the lost state. */
export const lostManagers = /^pulumi-(kubernetes|resource)/;

/**
 * Whom the API server makes the owner of all that an object had before its first apply, when it has no other manager: what
 * lostManagers leaves behind (k8s.io/apimachinery, managedfields/internal/skipnonapplied.go).
 */
export const formerOwner = /^before-first-apply$/;

/**
 * Who else would go on owning what the new state is to own: managers of the lost one, whose names were random. They would stand
 * in the way of every later change ("conflict with pulumi-kubernetes-1a2b3c4d"). The patch takes them out, guarded by the
 * version that was read; undefined when there are none. What no manager is left to own is taken over without a conflict.
 */
export function withoutFormerManagers(object: KubeObject, former: RegExp): readonly object[] | undefined {
  const all: readonly ManagedFields[] = object.metadata.managedFields ?? [];
  const others = all.filter(({ manager = "", subresource }) => subresource || !former.test(manager));
  if (others.length === all.length) return undefined;
  return [
    { op: "test", path: "/metadata/resourceVersion", value: object.metadata.resourceVersion },
    // An empty list would be ignored; an empty entry resets the field.
    { op: "replace", path: "/metadata/managedFields", value: others.length === 0 ? [{}] : others },
  ];
}
