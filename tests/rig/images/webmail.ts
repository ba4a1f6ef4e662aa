/** What the official image (apache-nonroot) says of itself: its entrypoint prepares where it is started, and runs its command. */
export const webmailImage = {
  User: "33:33",
  Entrypoint: ["/docker-entrypoint.sh"],
  Cmd: ["apache2-foreground"],
  WorkingDir: "/var/www/html",
} as const;
