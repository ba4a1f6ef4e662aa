import { acceptedScenarios } from "./scenarios/accepted";
import { changeScenarios } from "./scenarios/changes";
import { copyScenarios } from "./scenarios/copies";
import { doctorScenarios } from "./scenarios/doctor";
import { firstDeployScenarios } from "./scenarios/firstDeploy";
import { leavingScenarios } from "./scenarios/leaving";
import { mailScenarios } from "./scenarios/mail";
import { migrationScenarios } from "./scenarios/migration";
import { policyScenarios } from "./scenarios/policies";
import { survivalScenarios } from "./scenarios/survival";
import { upgradeScenarios } from "./scenarios/upgrade";
import { LiveFixture } from "./support/fixture";

/** One stack, put up once; what comes later finds what came before. */
const fixture = new LiveFixture();
beforeAll(() => fixture.open());
afterAll(() => fixture.close());

firstDeployScenarios(fixture);
mailScenarios(fixture);
acceptedScenarios(fixture);
policyScenarios(fixture);
doctorScenarios(fixture);
changeScenarios(fixture);
leavingScenarios(fixture);
migrationScenarios(fixture);
copyScenarios(fixture);
survivalScenarios(fixture);
upgradeScenarios(fixture);
