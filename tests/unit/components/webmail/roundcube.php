<?php
/**
 * As much of Roundcube 1.7 as program/session.php and program/issuer.php touch, for one request.
 * Usage: roundcube.php FOLDER PROGRAM CODE
 */
[, $folder, $program, $code] = $argv;
session_id('a-session');
$_SESSION = ['oauth_token' => ['expires' => 1], 'password' => 'old'];

class rcube_session_db
{
    public function read($key) { return (string) @file_get_contents("$GLOBALS[folder]/session"); }
    public function update($key, $new, $old) { return file_put_contents("$GLOBALS[folder]/session", $new) !== false; }
    public function serialize($values) { return serialize($values); }
    public static function unserialize($text) { return @unserialize($text); }
}

class rcmail
{
    public $session;
    private static $instance;
    public static function get_instance() { return self::$instance ??= new self(); }
    public function decrypt($text) { return $text; }
    public function kill_session() { $_SESSION = []; }
}

/** Takes its time, as an issuer does, and notes each refresh. */
class rcmail_oauth
{
    public static function get_instance() { return new self(); }
    public function refresh($options)
    {
        file_put_contents("$GLOBALS[folder]/refreshes", "x", FILE_APPEND);
        usleep(1500000);
        $_SESSION = ['oauth_token' => ['expires' => time() + 3600], 'password' => 'new'] + $_SESSION;
    }
}

class rcube_plugin_api
{
    public $hooks = [];
    private static $instance;
    public static function get_instance() { return self::$instance ??= new self(); }
    public function register_hook($name, $work) { $this->hooks[$name] = $work; }
}

eval('namespace GuzzleHttp; class Client {
    function __construct($options) {}
    function get($url, $options) {
        file_put_contents("$GLOBALS[folder]/requests", json_encode($options) . "\n", FILE_APPEND);
        usleep(1500000);
        if (is_file("$GLOBALS[folder]/away")) throw new \Exception("timed out");
        return $this;
    }
    function getBody() { return json_encode(["issuer" => "i", "token_endpoint" => "t"]); }
}');
eval(file_get_contents($program));
ini_set('error_log', '/dev/null');
eval($code);
