import { pythonTests } from "../../support/pythonTests";

/** The fake of Stalwart does what the real one was seen to do: tests/rig/fakes/stalwart/README.md. */
pythonTests("tests/rig/fakes/stalwart", "tests/unit/rig/stalwart", 4);
