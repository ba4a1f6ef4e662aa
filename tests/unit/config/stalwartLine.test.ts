import { defaultImages } from "../../../config/images";
import { stalwartLine, stalwartVersion, unsupportedStalwart } from "../../../config/stalwartLine";

const digest = `@sha256:${"a".repeat(64)}`;

describe("the version line of the mail server", () => {
  it("the version line of the mail server is read from the tag of the image, whatever its repository and suffix", () => {
    for (const image of [
      defaultImages.stalwart,
      "v0.16.27",
      `registry.lan:5000/mirror/stalwart:v0.16.3-alpine${digest}`,
    ]) {
      expect(stalwartLine(image)).toBe("0.16");
    }
    expect(stalwartVersion(`stalwartlabs/stalwart:v0.16.24${digest}`)).toEqual([0, 16, 24]);
  });

  it("the version line of the mail server is unknown for a version that is not supported, with the reason", () => {
    for (const tag of ["v0.15.4", "0.17.0", "latest", "v1", "v1.1.0", "10.0.0"]) {
      expect(stalwartLine(tag)).toBeUndefined();
      expect(unsupportedStalwart(tag)).toBeDefined();
    }
    expect(unsupportedStalwart("v1.1.0")).toContain("0.16 is supported until 2027-06-01");
    expect(unsupportedStalwart("v1.1.0")).toContain("docs/how-to/upgrade.md");
    expect(unsupportedStalwart("v0.15.4")).toContain("only 0.16");
  });
});
