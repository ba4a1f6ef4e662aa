import { patience } from "../../../components/fetcher";

/** Loaded before the program: nobody waits three minutes to see that a limit is kept. */
Object.assign(patience, { create: "20s", update: "20s" });
