/**
 * Makes a sender of every address of the user's account, at each sign-in: Roundcube makes one of the address that signed in,
 * at the first. One that the user took away comes back; one of an address that is gone stays until the user deletes it,
 * and the mail server refuses it.
 */
class homelab_identities
{
    public static function provision(rcmail $rcmail, string $file): void
    {
        $all = json_decode((string) @file_get_contents($file), true);
        $own = is_array($all) ? ($all[strtolower((string) $rcmail->get_user_name())] ?? null) : null;
        if (!is_array($own)) {
            return; // the file is not there yet: the next sign-in finds it
        }
        $known = array_map(fn ($identity) => strtolower((string) $identity['email']), $rcmail->user->list_identities());
        foreach (array_diff($own['addresses'], $known) as $address) {
            $rcmail->user->insert_identity(['name' => $own['name'], 'email' => $address, 'standard' => 0]);
        }
    }
}
