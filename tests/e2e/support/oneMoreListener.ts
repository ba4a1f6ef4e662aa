import type { Listener } from "../../../components/mailserver/listeners";

/** No configuration key changes the listeners, but an upgrade of this program may. Loaded first, this simulates the upgrade. */
const file = require.resolve("../../../components/mailserver/listeners");
const actual = require(file) as typeof import("../../../components/mailserver/listeners");

const pop3: Listener = { name: "pop3s", port: 995, protocol: "imap", tlsImplicit: true, public: true };
const listeners = () => [...actual.listeners(), pop3];
const loaded = require.cache[file];
if (loaded) {
  loaded.exports = { ...actual, listeners, listenersHash: (list = listeners()) => actual.listenersHash(list) };
}
