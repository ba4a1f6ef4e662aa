import fc from "fast-check";

/**
 * Property tests try the same values every time, so that a run that was green is green for everybody. `npm run test:random`
 * looks for new ones; FC_SEED repeats what it found.
 */
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20_260_101) });
