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
    public function kill_session()
    {
        $_SESSION = [];
        @unlink("$GLOBALS[folder]/session");
    }
}

/**
 * Refreshes a token that has ended, and no other. Notes each refresh, and takes its time where it is slow. One that is refused ends
 * the session.
 */
class rcmail_oauth
{
    public static function get_instance() { return new self(); }
    public function refresh($options)
    {
        if ($_SESSION['oauth_token']['expires'] >= time()) return;
        file_put_contents("$GLOBALS[folder]/refreshes", "x", FILE_APPEND);
        if (is_file("$GLOBALS[folder]/slow")) usleep(1500000);
        if (is_file("$GLOBALS[folder]/refuses")) return rcmail::get_instance()->kill_session();
        if (is_file("$GLOBALS[folder]/away")) return;
        if (is_file("$GLOBALS[folder]/exits")) exit;
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
    private $known;
    function __construct($options) { $this->known = $options; }
    function get($url, $options) {
        file_put_contents("$GLOBALS[folder]/requests", json_encode($options + $this->known) . "\n", FILE_APPEND);
        if (is_file("$GLOBALS[folder]/away")) throw new \Exception("timed out");
        return $this;
    }
    function getBody()
    {
        $other = @file_get_contents("$GLOBALS[folder]/body");
        return $other === false ? json_encode(["issuer" => "i", "token_endpoint" => "t"]) : $other;
    }
}');
$impatient = is_file("$folder/impatient") ? ['WAIT_SECONDS = 12' => 'WAIT_SECONDS = 1'] : [];
eval(strtr(file_get_contents($program), $impatient));
ini_set('error_log', '/dev/null');
eval($code);
