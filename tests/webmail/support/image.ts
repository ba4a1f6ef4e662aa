import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { addresses, hosts } from "./addresses";

/**
 * Roundcube's file tree: Debian's package, or an unpacked release in ROUNDCUBE_TREE (its `-complete` archive, for
 * testing with 1.7 where it can be downloaded).
 */
const tree = process.env.ROUNDCUBE_TREE;
export const isDebian = tree === undefined;
export const roundcube = tree ?? "/var/lib/roundcube";

/** PHP's own files on Debian; the container image has them compiled in. */
const phpModules = readdirSync("/usr/lib/apache2/modules").find((name) => /^libphp.*\.so$/.test(name)) ?? "libphp.so";
const phpVersion = /\d+\.\d+/.exec(phpModules)?.[0] ?? "";
const debianIni = (sapi: string): string => `/etc/php/${phpVersion}/${sapi}/conf.d`;

/** Apache as the image sets it up: port 8000, mod_php, rewriting, `public_html` as the root of documents. */
const apacheConfig = `
ServerRoot /usr/lib/apache2
PidFile /run/apache2/apache2.pid
DefaultRuntimeDir /run/apache2
Mutex file:/run/lock/apache2 default
Listen ${addresses.pod}:8000
${["mpm_prefork", "authz_core", "dir", "mime", "rewrite"].map((name) => `LoadModule ${name}_module modules/mod_${name}.so`).join("\n")}
LoadModule php_module modules/${phpModules}
TypesConfig /etc/mime.types
ErrorLog /dev/stderr
LogLevel warn
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined
IncludeOptional /etc/apache2/conf-enabled/*.conf
CustomLog /dev/stdout combined
StartServers 2
MaxRequestWorkers 24
KeepAlive Off
DocumentRoot /var/www/html/public_html
DirectoryIndex index.php
<Directory /var/www>
  AllowOverride All
  Options +FollowSymLinks
  Require all granted
</Directory>
<FilesMatch "\\.php$">
  SetHandler application/x-httpd-php
</FilesMatch>
${
  isDebian
    ? `# 1.6 has no request_url and builds its links from what Apache takes for its own address.
ServerName https://${hosts.webmail}:443
UseCanonicalName On
UseCanonicalPhysicalPort Off`
    : `ServerName ${hosts.webmail}`
}
`;

/** What the image's entrypoint does with the image's command for an empty root of documents and SQLite (read in roundcubemail-docker). */
const entrypoint = `#!/bin/bash
set -e
umask 022
# It does nothing for another command, and works where it is started.
[ "$1" = apache2-foreground ]
[ "$PWD" = /var/www/html ]
[ -z "$(ls -A)" ]
tar cf - --one-file-system -C /usr/src/roundcubemail . | tar xf - 2>/dev/null || [ -e index.php ]
mkdir -p config /tmp/roundcube-temp /run/apache2 /run/lock/apache2 logs temp
{
  echo "<?php"
  echo "\\$config['plugins'] = [];"
  echo "\\$config['log_driver'] = 'stdout';"
  echo "\\$config['des_key'] = '$(head -c 18 /dev/urandom | base64)';"
  echo "include(__DIR__ . '/config.docker.inc.php');"
} > config/config.inc.php
{
  echo "<?php"
  echo "\\$config['db_dsnw'] = 'sqlite:////var/roundcube/db/sqlite.db?mode=0646';"
  echo "\\$config['temp_dir'] = '/tmp/roundcube-temp';"
  echo "\\$config['skin'] = 'elastic';"
  echo "\\$config['request_path'] = '/';"
  echo "\\$config['plugins'] = ['archive', 'zipdownload'];"
  for fn in /var/roundcube/config/*.php; do echo "include('$fn');"; done
} > config/config.docker.inc.php
export PHP_INI_SCAN_DIR="${debianIni("cli")}:/usr/local/etc/php/conf.d"
php -d include_path=.:/usr/share/php /usr/src/initdb.php
exec "$@"
`;

/** The official image's command. */
const foreground = `#!/bin/bash
export PHP_INI_SCAN_DIR="${debianIni("apache2")}:/usr/local/etc/php/conf.d"
exec apache2 -D FOREGROUND -f /etc/apache2-rig.conf
`;

/** Debian's package leaves the tables to dbconfig; the image has bin/initdb.sh. Either way: tables when there are none. */
const initdb = readFileSync(join(__dirname, "../../rig/images/roundcube/initdb.php"));

/**
 * A root file system for the pod: this machine's programs and libraries read-only, Roundcube under /usr/src, and the
 * directories that the image has for mounts.
 */
export function buildImage(folder: string, bundle: string, hostsFile: string): string {
  const root = join(folder, "image");
  const source = join(root, "usr/src/roundcubemail");
  const directories = ["proc", "dev", "run", "tmp", "etc", "var/www/html", "var/roundcube/db", "var/roundcube/config"];
  for (const path of [
    ...directories,
    "usr/local/etc/php/conf.d",
    "usr/local/bin",
    "etc/apache2/conf-enabled",
    "usr/src",
  ])
    mkdirSync(join(root, path), { recursive: true });
  for (const link of ["bin", "sbin", "lib", "lib64"])
    if (existsSync(`/${link}`)) execFileSync("ln", ["-s", `usr/${link}`, join(root, link)]);
  // Debian's tree is made of links, some to packages that are only suggested.
  spawnSync("cp", ["-rL", roundcube, source]);
  if (!existsSync(join(source, "index.php"))) throw new Error("no Roundcube: see the packages in tests/webmail/run.sh");
  for (const path of ["config/config.inc.php", "config/debian-db.php", "logs", "temp"])
    execFileSync("rm", ["-rf", join(source, path)]);
  for (const path of ["passwd", "group", "nsswitch.conf", "mime.types", "php", "ssl", "localtime", "alternatives"])
    if (existsSync(`/etc/${path}`)) execFileSync("cp", ["-a", `/etc/${path}`, join(root, "etc")]);
  writeFileSync(join(root, "etc/ssl/certs/ca-certificates.crt"), bundle);
  execFileSync("cp", [join(root, "etc/ssl/certs/ca-certificates.crt"), join(root, "etc/ssl/cert.pem")]);
  writeFileSync(join(root, "etc/hosts"), hostsFile);
  writeFileSync(join(root, "etc/apache2-rig.conf"), apacheConfig);
  writeFileSync(join(root, "usr/src/initdb.php"), initdb);
  writeFileSync(join(root, "docker-entrypoint.sh"), entrypoint, { mode: 0o755 });
  writeFileSync(join(root, "usr/local/bin/apache2-foreground"), foreground, { mode: 0o755 });
  execFileSync("chmod", ["-R", "a+rX", root]);
  return root;
}
