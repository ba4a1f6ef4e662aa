import fc from "fast-check";
import { largestMessageRange, sizeLimits } from "../../../config/limits";

describe("size limits", () => {
  it("agree, smallest first, whatever the provider's largest message is", () => {
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

  it("never refuse what a provider took: 150 MB and more are received, whatever is sent", () => {
    expect(sizeLimits(largestMessageRange.min).received).toBeGreaterThan(150_000_000);
  });
});
