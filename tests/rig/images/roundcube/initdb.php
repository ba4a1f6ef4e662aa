<?php
define('INSTALL_PATH', '/var/www/html/');
require INSTALL_PATH . 'program/include/iniset.php';
$config = (new rcube_config())->all();
$db = rcube_db::factory($config['db_dsnw'], '', false);
$db->set_debug(false);
$db->db_connect('w');
if (!in_array('system', $db->list_tables())) {
    foreach (preg_split('/;\s*\n/', file_get_contents(INSTALL_PATH . 'SQL/sqlite.initial.sql')) as $sql) {
        if (trim($sql) !== '') { $db->query($sql); }
    }
}
if ($error = $db->is_error()) { fwrite(STDERR, $error . "\n"); exit(1); }
