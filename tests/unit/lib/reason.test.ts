import { reasonOf } from "../../../lib/reason";

const problem = (code: string, message = "words of the library's own") => Object.assign(new Error(message), { code });

test.each([
  ["the library's limit for a connection", problem("CONNECT_TIMEOUT"), "timed out"],
  ["the library's limit for a greeting", problem("GREETING_TIMEOUT"), "timed out"],
  ["the session's own limit", problem("ABORT_ERR"), "timed out"],
  ["what another error wraps", new Error("fetch failed", { cause: problem("ECONNREFUSED") }), "connection refused"],
  ["the first of several addresses", new AggregateError([problem("EHOSTUNREACH")]), "no route to host"],
  ["a code in a message", new Error("connect ENOTFOUND imap.migadu.com"), "no such name"],
  ["an unknown error", new Error("\nthe moon is full\nat night"), "the moon is full"],
])("the reason of an error is reported in a few words: %s", (_, given, words) => {
  expect(reasonOf(given)).toBe(words);
});
