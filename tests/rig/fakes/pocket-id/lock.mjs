import { existsSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";

/**
 * Pocket ID holds a lock while it runs. After SIGTERM it is given back at once; after SIGKILL nobody else gets it until it has
 * expired, 90 seconds later, and a start before that fails.
 */
export function takeLock({ file, seconds }) {
  if (existsSync(file) && Date.now() - statSync(file).mtimeMs < seconds * 1000) {
    console.error("another instance holds the lock");
    process.exit(1);
  }
  writeFileSync(file, "");
  setInterval(
    () => {
      const now = new Date();
      utimesSync(file, now, now);
    },
    (seconds * 1000) / 3,
  ).unref();
  process.on("SIGTERM", () => {
    rmSync(file, { force: true });
    process.exit(0);
  });
}
