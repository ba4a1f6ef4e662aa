import { defaultImages } from "./images";
import { type StalwartLine, stalwartLine, stalwartVersion } from "./stalwartLine";

/**
 * The web UI of the mail server is not part of its image: the server downloads it. Its default is "latest", which is a
 * release for a newer server once such a server is released.
 */
const releases: Readonly<Record<StalwartLine, string>> = {
  "0.16": "v1.0.8",
};

/** The web UI for a server version, and whether its sign-in client can be configured. */
export function webUiFor(image: string = defaultImages.stalwart): { url: string; choosesClient: boolean } {
  const [major, minor, patch] = stalwartVersion(image) ?? stalwartVersion(defaultImages.stalwart) ?? [0, 16, 0];
  const release = releases[stalwartLine(image) ?? "0.16"];
  return {
    url: `https://github.com/stalwartlabs/webui/releases/download/${release}/webui.zip`,
    // `Application.oauthClientId` exists since 0.16.20; an older server refuses a plan that contains it.
    choosesClient: major > 0 || minor > 16 || patch >= 20,
  };
}
