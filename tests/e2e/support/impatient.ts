import { patience } from "../../../components/fetcher";
import { certificatePatience } from "../../../components/mailserver/certificate";

/** Loaded before the program: nobody waits three minutes to see that a limit is kept. */
for (const limits of [patience, certificatePatience]) Object.assign(limits, { create: "20s", update: "20s" });
