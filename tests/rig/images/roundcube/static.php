<?php
// Roundcube 1.7 serves its static files through such a script, and probes ask for one of them; 1.6 has none.
$root = '/var/www/html';
$file = realpath($root . ($_SERVER['PATH_INFO'] ?? ''));
$types = ['ico' => 'image/x-icon', 'css' => 'text/css', 'js' => 'text/javascript', 'svg' => 'image/svg+xml', 'png' => 'image/png'];
$type = $types[pathinfo((string) $file, PATHINFO_EXTENSION)] ?? null;
if ($file === false || $type === null || strpos($file, $root . '/') !== 0) {
    http_response_code(404);
    exit;
}
header('Content-Type: ' . $type);
readfile($file);
