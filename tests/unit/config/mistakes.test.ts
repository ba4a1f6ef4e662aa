import { fixed } from "./commands";
import { cases } from "./mistakes";
import { expectProblem, loaded, reportOf, working } from "./support";

const digest = `sha256:${"a".repeat(64)}`;

describe("a mistake in the configuration", () => {
  const named = cases.map(([name, config, key, what, command]) => ({ name, config, key, what, command }));

  test.each(named)(
    "a mistake in the configuration is reported with its key and the command that fixes it: $name",
    ({ config, key, what, command }) => {
      const report = reportOf({ ...working, ...config });
      expectProblem(report, key, what, command);
      expect(report).not.toMatch(/\bundefined\b|\[object /);
    },
  );

  test.each(named)("a mistake in the configuration is fixed by the commands of the report: $name", ({ config }) => {
    expect(reportOf(fixed({ ...working, ...config }))).toBe("");
  });

  test("valid values that look unusual are not reported as a mistake in the configuration", () => {
    const unusual = {
      hosts: { autoconfig: "autoconfig.newjoy.ro" },
      provider: { imap: { host: "192.168.1.2", port: "1993" } },
      identity: { issuer: "https://id.lan:8443", clientId: "0b9f6a-2.web" },
      relay: { username: "AKIAIOSFODNN7EXAMPLE", password: "p" }, // Amazon's logins are no addresses
      storage: { size: "1.5Ti", labels: { "recurring-job-group.longhorn.io/mail": "enabled", empty: "" } },
      service: { sourceRanges: ["fd00::/8", "0.0.0.0/0"], address: "fd00::25" },
      images: {
        stalwart: `registry.lan:5000/mirror/stalwart:v0.16.3-alpine@${digest}`,
        stalwartCli: `cli:1.2.0@${digest}`,
      },
      resources: { stalwart: { limits: { cpu: 4 } } },
    };
    expect(reportOf({ ...working, ...unusual })).toBe("");
    expect(loaded({ ...working, ...unusual }).provider.imap).toEqual({ host: "192.168.1.2", port: 1993 });
  });
});
