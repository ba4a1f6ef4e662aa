import { acceptedPromises } from "./promises/accepted";
import { changePromises } from "./promises/changes";
import { copyPromises } from "./promises/copies";
import { doctorPromises } from "./promises/doctor";
import { firstPromises } from "./promises/first";
import { leavingPromises } from "./promises/leaving";
import { mailPromises } from "./promises/mail";
import { migrationPromises } from "./promises/migration";
import { policyPromises } from "./promises/policies";
import { survivalPromises } from "./promises/survival";
import { upgradePromises } from "./promises/upgrade";
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
