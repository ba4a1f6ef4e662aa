import { limits } from "../../../doctor/context";

/** Starting Node and loading the program, on a slow machine. */
const start = 3000;

test("when no server answers, the doctor ends in less than forty seconds", () => {
  expect(start + limits.configuration + limits.check).toBeLessThan(40_000);
});

test("the test of the network policies ends, and its pods are removed, before its check is aborted", () => {
  expect(limits.policies + limits.connection).toBeLessThan(limits.check);
});

test("a round trip has time for its message, and to remove it", () => {
  expect(limits.delivery + 3 * limits.connection).toBeLessThan(limits.send);
});
