import { pythonTests } from "../../support/pythonTests";

/** The fake of Stalwart does what the real one was seen to do: sandbox/images/mailserver/README.md. */
pythonTests("sandbox/images/mailserver", "tests/unit/sandbox/mailserver", 4);
