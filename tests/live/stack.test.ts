import { changePromises } from "./promises/changes";
import { doctorPromises } from "./promises/doctor";
import { firstPromises } from "./promises/first";
import { mailPromises } from "./promises/mail";
import { policyPromises } from "./promises/policies";
import { survivalPromises } from "./promises/survival";
import { Site } from "./support/site";

/** One stack, put up once; what comes later finds what came before. */
const site = new Site();
beforeAll(() => site.open());
afterAll(() => site.close());

firstPromises(site);
mailPromises(site);
policyPromises(site);
doctorPromises(site);
changePromises(site);
survivalPromises(site);
