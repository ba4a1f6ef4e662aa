/**
 * Sessions in the database, in which a refresh token is used once.
 *
 * The issuer's refresh tokens rotate, and a second use of one revokes them all. Roundcube has no lock: two requests of
 * one session that find the access token expired would both refresh it, and the one that is refused ends the session
 * (rcmail_oauth::refresh_access_token). At its end each request also writes its whole copy of the session, so a request
 * that began before a refresh would put the used tokens back (rcube_session::_fixvars).
 */
final class rcube_session_homelab extends rcube_session_db
{
    /** Seconds to wait for another request of this session: longer than it may wait for the issuer's token and keys. */
    private const WAIT_SECONDS = 12;
    /** Seconds until an issuer that did not answer is asked again. */
    private const PAUSE = 10;
    private $lock;

    /** Whether the access token of this request ends within so many seconds. */
    public static function ends(int $seconds = 0): bool
    {
        $ends = $_SESSION['oauth_token']['expires'] ?? null;
        return $ends !== null && $ends <= time() + $seconds;
    }

    /** Makes sure, as far as possible, that this request's access token is good for so many seconds. */
    public function renew(int $seconds = 0): void
    {
        $this->alone(function (bool $alone) use ($seconds) {
            $stored = $this->stored();
            if (!isset($stored['oauth_token'])) {
                rcmail::get_instance()->kill_session(); // another request was refused, or the user signed out
                return;
            }
            $this->adopt($stored);
            if (!self::ends($seconds)) {
                return;
            }
            $ends = $_SESSION['oauth_token']['expires'];
            if ($alone) {
                $_SESSION['oauth_token']['expires'] = 1; // Roundcube refreshes what has expired
                rcmail_oauth::get_instance()->refresh([]);
                if (!isset($_SESSION['oauth_token'])) {
                    return; // refused: Roundcube has ended the session
                }
            }
            if (!$alone || $_SESSION['oauth_token']['expires'] === 1) {
                $_SESSION['oauth_token']['expires'] = max($ends, time() + self::PAUSE);
            }
            if (!$alone) {
                return; // whoever has the lock may be about to write a new token
            }
            // Before anybody else looks, and not at the end of this request.
            $tokens = array_intersect_key($_SESSION, ['oauth_token' => 1, 'password' => 1]);
            parent::update(session_id(), $this->serialize(array_merge($stored, $tokens)), '');
        });
    }

    /** Takes over the tokens that another request got meanwhile; says whether there were any. */
    public function adoptNewer(): bool
    {
        return $this->alone(fn () => $this->adopt($this->stored()));
    }

    public function update($key, $newvars, $oldvars): bool
    {
        return $this->alone(function (bool $alone) use ($key, $newvars, $oldvars) {
            if (!$alone) {
                return true; // what this request changed is worth less than a token
            }
            $stored = $this->stored($key);
            $new = self::unserialize($newvars);
            if ($newvars !== $oldvars && is_array($new) && self::isNewer($stored, $new)) {
                $new['oauth_token'] = $stored['oauth_token'];
                $new['password'] = $stored['password'];
                $newvars = $this->serialize($new);
            }
            return (bool) parent::update($key, $newvars, $oldvars);
        });
    }

    private function stored(?string $key = null): array
    {
        return self::unserialize($this->read($key ?? session_id())) ?: [];
    }

    private static function isNewer(array $stored, array $own): bool
    {
        return isset($stored['password'], $stored['oauth_token']['expires'], $own['oauth_token']['expires'])
            && $stored['oauth_token']['expires'] > $own['oauth_token']['expires'];
    }

    private function adopt(array $stored): bool
    {
        if (!self::isNewer($stored, $_SESSION)) {
            return false;
        }
        $_SESSION['oauth_token'] = $stored['oauth_token'];
        $_SESSION['password'] = $stored['password'];
        return true;
    }

    /**
     * Runs something while no other request of this session does, and tells it whether that is so: the wait has an end.
     * The kernel lets go of the lock of a process that dies.
     */
    private function alone(callable $work)
    {
        if ($this->lock) {
            return $work(true);
        }
        $part = substr(hash('sha256', session_id()), 0, 3); // so there are never more than 4096 files
        $lock = @fopen(sys_get_temp_dir() . "/homelab-mail-session-$part.lock", 'c');
        $until = microtime(true) + self::WAIT_SECONDS;
        while ($lock && !($alone = flock($lock, LOCK_EX | LOCK_NB)) && microtime(true) < $until) {
            usleep(20000);
        }
        $this->lock = $lock ?: null;
        try {
            return $work($alone ?? true);
        } finally {
            $this->lock = null;
            $lock && fclose($lock);
        }
    }
}

(function () {
    $plugins = rcube_plugin_api::get_instance();
    // Roundcube's own functions for these come later and find a good token.
    $renew = fn (int $seconds) => function ($args) use ($seconds) {
        if (!rcube_session_homelab::ends($seconds)) {
            return $args;
        }
        $rcmail = rcmail::get_instance();
        $rcmail->session->renew($seconds);
        if (isset($args['password'], $_SESSION['password'])) {
            $args['password'] = $rcmail->decrypt($_SESSION['password']);
        }
        return $args;
    };
    foreach (['storage_init', 'managesieve_connect', 'refresh', 'keep-alive'] as $hook) {
        $plugins->register_hook($hook, $renew(0));
    }
    // A refresh ends the old access token at once. With a minute to go, no other request refreshes while this one sends.
    $plugins->register_hook('smtp_connect', $renew(60));
    $signOut = $renew(0);
    $plugins->register_hook('startup', fn ($args) => $args['task'] === 'logout' ? $signOut($args) : $args);
    // Reading can be tried again, when another request has ended this one's token between the check and the sign-in.
    $plugins->register_hook('storage_connect', function ($args) {
        if (!isset($_SESSION['oauth_token']['expires'])) {
            return $args;
        }
        $rcmail = rcmail::get_instance();
        $args['retry'] = $args['attempt'] === 1 || $rcmail->session->adoptNewer();
        if ($args['attempt'] > 1 && $args['retry']) {
            $args['pass'] = $rcmail->decrypt($_SESSION['password']);
        }
        return $args;
    });
    // Roundcube's cookies end with the browser, and each sign-in is a passkey.
    register_shutdown_function(function () {
        if (empty($_SESSION['user_id']) || !isset($_COOKIE['roundcube_sessauth']) || headers_sent()) {
            return;
        }
        $options = session_get_cookie_params();
        unset($options['lifetime']);
        $options['expires'] = time() + rcmail::get_instance()->config->get('session_lifetime') * 60;
        setcookie(session_name(), session_id(), $options);
        setcookie('roundcube_sessauth', $_COOKIE['roundcube_sessauth'], $options);
    });
})();
