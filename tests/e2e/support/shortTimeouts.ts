import { readyTimeouts } from "../../../components/fetcher";
import { certificateTimeouts } from "../../../components/mailserver/certificate";

/** Loaded before the program: nobody waits three minutes to see that a limit is kept. */
for (const limits of [readyTimeouts, certificateTimeouts]) Object.assign(limits, { create: "20s", update: "20s" });
