/**
 * Apache settings, loaded after the image's own. Its formats log the whole request line and the referrer, and with them
 * the authorization code that the provider sends users back with. Here a request is its path: what comes behind `?` is
 * nobody's to keep. The formats keep their names, so the image's own `CustomLog` uses these.
 */
export function apacheConf(): string {
  const format = '%h %l %u %t \\"%m %U %H\\" %>s %O \\"%{User-Agent}i\\"';
  return [
    `LogFormat "%v:%p ${format}" vhost_combined`,
    `LogFormat "${format}" combined`,
    `LogFormat "${format}" common`,
    // The default adds the referrer to each line.
    'ErrorLogFormat "[%{u}t] [%-m:%l] [pid %P] %7F: %E: [client\\ %a] %M"',
    "",
  ].join("\n");
}
