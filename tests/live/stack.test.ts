import { acceptedPromises } from "./scenarios/accepted";
import { changePromises } from "./scenarios/changes";
import { copyPromises } from "./scenarios/copies";
import { doctorPromises } from "./scenarios/doctor";
import { firstPromises } from "./scenarios/first";
import { leavingPromises } from "./scenarios/leaving";
import { mailPromises } from "./scenarios/mail";
import { migrationPromises } from "./scenarios/migration";
import { policyPromises } from "./scenarios/policies";
import { survivalPromises } from "./scenarios/survival";
import { upgradePromises } from "./scenarios/upgrade";
import { Site } from "./support/site";

/** One stack, put up once; what comes later finds what came before. */
const site = new Site();
beforeAll(() => site.open());
afterAll(() => site.close());

firstPromises(site);
mailPromises(site);
acceptedPromises(site);
policyPromises(site);
doctorPromises(site);
changePromises(site);
leavingPromises(site);
migrationPromises(site);
copyPromises(site);
survivalPromises(site);
upgradePromises(site);
