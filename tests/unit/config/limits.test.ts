import fc from "fast-check";
import { largestMessageRange, sizeLimits } from "../../../config/limits";

describe("size limits", () => {
  it("size limits are in order of size for every largest message of a provider", () => {
    fc.assert(
      fc.property(fc.integer(largestMessageRange), (largest) => {
        const { attachments, message, webmailRequest, webmailBody, mailBody, upload, received } = sizeLimits(largest);
        expect((attachments * 4) / 3).toBeLessThanOrEqual(message); // encoded, they fit
        expect(webmailRequest).toBeGreaterThan(attachments);
        expect(webmailBody).toBeGreaterThan(webmailRequest);
        expect(mailBody * 2 ** 20).toBeGreaterThan(largest * 2 ** 20);
        expect(upload).toBeGreaterThanOrEqual(largest * 2 ** 20);
        expect(received).toBeGreaterThanOrEqual(upload);
      }),
    );
  });

  it("size limits let the mail server receive 150 MB and more, whatever the provider sends", () => {
    expect(sizeLimits(largestMessageRange.min).received).toBeGreaterThan(150_000_000);
  });
});
