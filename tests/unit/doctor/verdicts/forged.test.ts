import { forgedTexts, judgeForged } from "../../../../doctor/verdicts/forged";
import { everyTroubleIsTold, nothingIsWrong } from "./provoke";

const seen = { host: "mail.newjoy.ro", plain: { status: 403 }, believed: [] } as const;

nothingIsWrong(judgeForged(seen), forgedTexts);

everyTroubleIsTold(forgedTexts, {
  "address.believed": judgeForged({ ...seen, believed: ["Forwarded"] }),
  "address.unknown": judgeForged({ ...seen, plain: { reason: "no such name" } }),
});

test("nothing is said of headers where the mail server does not refuse what it should", () => {
  const [told] = judgeForged({ ...seen, plain: { status: 404 } });
  expect(told).toMatchObject({ code: "unknown", meaning: expect.stringContaining("HTTP 404") });
});
