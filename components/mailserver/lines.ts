import { type StalwartLine, stalwartLine } from "../../config/stalwartLine";
import { type PlanArgs, renderPlan, renderReload } from "./plan";

/** How the settings of one version line of the mail server are rendered. */
export interface Renderer {
  /** The settings plan as `stalwart-cli apply --file` reads it. */
  readonly plan: (args: PlanArgs) => string;
  /** The operations that put changed settings into effect, in a separate apply. */
  readonly reload: () => string;
}

/** The renderer of each version line. To add a line, add a folder with its plan, and an entry here. */
const renderers: Readonly<Record<StalwartLine, Renderer>> = {
  "0.16": { plan: renderPlan, reload: renderReload },
};

/** The renderer for an image of the mail server. */
export function rendererFor(image: string): Renderer {
  const line = stalwartLine(image);
  if (line === undefined) throw new Error(`${image} passed validation without a line of Stalwart's`);
  return renderers[line];
}
