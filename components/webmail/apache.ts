/**
 * Apache settings, loaded after the image's own. The image's formats log the whole request line and the referrer, which
 * contain the authorization code after a sign-in. These formats log the path only, without the query string. They have the same
 * names, so the image's own `CustomLog` uses them.
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
