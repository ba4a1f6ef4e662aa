/** The groups of checks with their titles, in the order of the report. */
export const groupTitles = {
  configuration: "Configuration",
  dns: "DNS",
  certificates: "Certificates",
  provider: "Provider",
  signIn: "Sign-in",
  devices: "Devices",
  cluster: "Cluster",
  flow: "Flow",
} as const;

export type Group = keyof typeof groupTitles;

export const groups = Object.keys(groupTitles) as readonly Group[];
