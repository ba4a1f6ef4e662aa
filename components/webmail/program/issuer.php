/**
 * The OpenID issuer's discovery document, fetched by one request at a time and for a bounded time. Roundcube would fetch
 * it in every request that finds no copy in its cache, for ten seconds each, and remembers no failure: an issuer that
 * accepts connections and never answers would occupy every PHP worker.
 */
final class homelab_issuer
{
    /** Seconds that one fetch may take. */
    private const TIMEOUT = 5;
    /** Seconds that an answer is taken for the issuer's present state. */
    private const ANSWER = 3;
    /** Seconds that a failure is. */
    private const FAILURE = 10;

    /**
     * Whether the issuer answered last, and its document as far as it is known. With `$anyAge` a known document is good
     * enough, however old, and nothing is fetched.
     */
    public static function discover(string $url, $verify, bool $anyAge): array
    {
        $file = sys_get_temp_dir() . '/homelab-mail-issuer.json';
        $known = json_decode((string) @file_get_contents($file), true)
            ?: ['at' => 0, 'answers' => true, 'document' => []];
        $age = abs(time() - $known['at']);
        if (($anyAge && $known['document']) || $age < ($known['answers'] ? self::ANSWER : self::FAILURE)) {
            return $known;
        }
        $lock = @fopen($file . '.lock', 'c');
        if (!$lock || !flock($lock, LOCK_EX | LOCK_NB)) {
            return $known; // another request is asking
        }
        try {
            $client = new \GuzzleHttp\Client(['verify' => $verify, 'allow_redirects' => false]);
            $answer = $client->get($url, ['timeout' => self::TIMEOUT, 'connect_timeout' => self::TIMEOUT]);
            $document = json_decode((string) $answer->getBody(), true);
        } catch (\Throwable $error) {
            error_log("The issuer's discovery document cannot be fetched: " . $error->getMessage());
            $document = null;
        }
        $answers = is_array($document) && isset($document['issuer'], $document['token_endpoint']);
        $known = ['at' => time(), 'answers' => $answers, 'document' => $answers ? $document : $known['document']];
        file_put_contents($file . '.new', json_encode($known));
        rename($file . '.new', $file);
        fclose($lock);
        return $known;
    }

    /** Roundcube's options with the endpoints that the document names. */
    public static function options(array $document): array
    {
        $names = [
            'oauth_issuer' => 'issuer',
            'oauth_auth_uri' => 'authorization_endpoint',
            'oauth_token_uri' => 'token_endpoint',
            'oauth_identity_uri' => 'userinfo_endpoint',
            'oauth_logout_uri' => 'end_session_endpoint',
            'oauth_jwks_uri' => 'jwks_uri',
        ];
        return array_filter(array_map(fn ($name) => $document[$name] ?? null, $names), 'is_string');
    }
}
