import type { Boundaries } from "./boundary";

/** About sizes, ports, numbers and days. */
export const ofAmounts: Boundaries = {
  // At least 2^20 and less than 2^63, in every unit.
  "a size": {
    key: "storage.size",
    config: (size) => ({ storage: { size } }),
    good: [
      ...["1048576", "1048576000m", "1048576000000u", "1048576000000000n", "1048.576k", "1.048576M", ".001048576G"],
      ...["1024Ki", "1Mi", "0.001Gi", "9223372T", "9223P", "9.22E", "8589934591Gi", "8388607Ti", "8191Pi", "7Ei"],
      ...["1e7", "1E+7", "100000000e-1", "2.Mi"],
    ],
    bad: [
      ...["1048575", "1048575999m", "1048575999999u", "1048575999999999n", "1048.575k", "1.048575M", ".001048575G"],
      ...["1023Ki", "0.99Mi", "0.0009Gi", "9223373T", "9224P", "9.23E", "8589934592Gi", "8388608Ti", "8192Pi", "8Ei"],
      ...["1e6", "1e100", "1Mib", "M", ".Mi", "1.2.3Mi", "1 Mi"],
    ],
  },
  "an amount of CPU": {
    key: "resources.stalwart.limits.cpu",
    config: (cpu) => ({ resources: { stalwart: { requests: { cpu: "1m" }, limits: { cpu } } } }),
    good: ["1m", "1024", "0.001"],
    bad: ["0.9m", "1025", "1024.1", "0"],
  },
  "the largest message": {
    key: "provider.largestMessage",
    config: (largestMessage) => ({ provider: { largestMessage } }),
    good: ["10Mi", "500Mi", "500.5Mi", "11M"],
    bad: ["9.9Mi", "501Mi", "10M"],
  },
  "a port": {
    key: "provider.smtp.port",
    config: (port) => ({ provider: { smtp: { port } } }),
    good: [1, 65535, " 465 "],
    bad: [0, 65536, 1.5, "4 65", "1e3"],
  },
  "a number of days": {
    key: "retention",
    config: (retention) => ({ retention }),
    good: [0, 3650, "FOREVER "],
    bad: [-1, 3651, 1.5, "never"],
  },
  "a number of snapshots": {
    key: "backup.keep",
    config: (keep) => ({ backup: { keep } }),
    good: [1, 365],
    bad: [0, 366, 1.5, "all"],
  },
  "a day": {
    key: "migrations.old.since",
    config: (since) => ({
      migrations: { old: { mailbox: "kinga", from: { host: "a.ro", user: "me", password: "p" }, since } },
    }),
    good: ["1970-01-01", "2024-02-29", "2023-12-31"],
    bad: ["1969-12-31", "2023-02-29", "2023-06-31", "2023-06-00", "2023-00-01", "June 2015", "2015-6-1"],
  },
};
