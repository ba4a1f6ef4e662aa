import { programs as controlPlane } from "../../rig/cluster/controlplane";

/** What is looked for, and built, before a suite is started. */
function preparedFor(suite: string): string[] {
  const found: string[] = [];
  const argv = process.argv;
  jest.isolateModules(() => {
    jest.doMock("../../rig/tools/find", () => ({
      findTools: (names: readonly string[]) => {
        found.push(...names);
        return new Promise(() => undefined); // what comes behind it is not begun
      },
    }));
    process.argv = [...argv.slice(0, 2), suite];
    require("../../support/prepare");
  });
  process.argv = argv;
  return found;
}

test.each(["e2e", "webmail"])(
  "the %s suite finds its control plane built: it may have no network to get it from",
  (suite) => {
    expect(preparedFor(suite)).toEqual(expect.arrayContaining([...controlPlane]));
  },
);
