import { defaultImages } from "../../../../config/images";
import type { Case } from "./case";

const digest = `sha256:${"a".repeat(64)}`;

/** About what the cluster is asked for: volumes, images, resources. */
export const onTheCluster: readonly Case[] = [
  ...[
    "15 3 * *",
    "60 3 * * *",
    "* 24 * * *",
    "0 0 0 * *",
    "0 0 * 13 *",
    "0 0 * * 7",
    "0 0 5-1 * *",
    "*/0 * * * *",
    "@often",
  ].map(
    (schedule): Case => [
      `the schedule ${schedule}`,
      { backup: { snapshotClass: "fast", schedule } },
      "backup.schedule",
      /is not a schedule of five fields/,
    ],
  ),
  ["no snapshot to keep", { backup: { keep: 0 } }, "backup.keep", /must be a number, 1 to 365/],
  [
    "a snapshot class that is no name",
    { backup: { snapshotClass: "My Class" } },
    "backup.snapshotClass",
    /not a Kubernetes name/,
  ],
  ["a namespace of Kubernetes itself", { namespace: "kube-system" }, "namespace", /belongs to Kubernetes/],
  ["a namespace that is no name", { namespace: "My_Mail" }, "namespace", /not a Kubernetes name/],
  [
    "a size without a unit",
    { storage: { size: 10 } },
    "storage.size",
    /needs its unit/,
    "pulumi config set --path storage.size 10Gi",
  ],
  ["a size that is none", { storage: { size: "10 gigs" } }, "storage.size", /is not a size/],
  ["a negative size", { storage: { webmail: { size: "-1Gi" } } }, "storage.webmail.size", /is not a size/],
  [
    "a bad label",
    { storage: { labels: { "a b": "c" } } },
    'storage.labels["a b"]',
    /not a Kubernetes label/,
    `pulumi config rm --path 'storage.labels["a b"]'`,
  ],
  [
    "a bad label with a bad value",
    { storage: { labels: { "a b": {} } } },
    'storage.labels["a b"]',
    /not a Kubernetes label/,
    `pulumi config rm --path 'storage.labels["a b"]'`,
  ],
  ["a bad label value", { storage: { labels: { a: "b c" } } }, "storage.labels.a", /not a Kubernetes label value/],
  [
    "an image without a digest",
    { images: { roundcube: "roundcube/roundcubemail:1.7.4" } },
    "images.roundcube",
    /not pinned/,
  ],
  ["an image without a tag", { images: { fetchmail: `fetchmail@${digest}` } }, "images.fetchmail", /not pinned/],
  [
    "Stalwart 1.0",
    { images: { stalwart: `stalwartlabs/stalwart:v1.0.0@${digest}` } },
    "images.stalwart",
    /neither open a 0\.16 store.*until 2027-06-01, and docs\/how-to\/upgrade\.md/,
    `pulumi config set --path images.stalwart ${defaultImages.stalwart}`,
  ],
  [
    "Stalwart 0.15",
    { images: { stalwart: `stalwartlabs/stalwart:v0.15.5@${digest}` } },
    "images.stalwart",
    /only 0\.16 is/,
  ],
  [
    "Stalwart latest",
    { images: { stalwart: `stalwartlabs/stalwart:latest@${digest}` } },
    "images.stalwart",
    /only 0\.16 is/,
  ],
  [
    "command line 2.0",
    { images: { stalwartCli: `ghcr.io/stalwartlabs/cli:2.0.0@${digest}` } },
    "images.stalwartCli",
    /only 1\.x is/,
  ],
  [
    "an eighth of a byte",
    { resources: { stalwart: { limits: { memory: "128m" } } } },
    "resources.stalwart.limits.memory",
    /needs its unit/,
  ],
  [
    "promising more than allowing",
    { resources: { roundcube: { requests: { cpu: 2 } } } },
    "resources.roundcube.requests.cpu",
    /more than resources.roundcube.limits.cpu, 1/,
  ],
  ["a key that resembles none", { storage: { replicas: 3 } }, "storage.replicas", /known here: className, size/],
];
