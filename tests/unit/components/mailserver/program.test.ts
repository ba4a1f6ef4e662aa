import { pythonTests } from "../../../support/pythonTests";

/** The program that ends access, against the sandbox's fake of the server; its tests are in program/ beside this file. */
pythonTests("components/mailserver/program", "tests/unit/components/mailserver/program", 1);
