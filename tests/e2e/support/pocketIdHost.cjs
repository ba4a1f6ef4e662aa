/**
 * Loaded into every Node that the docs' commands start: a request to Pocket ID under the name that the pages have goes to the
 * fake, which has neither that name nor port 443.
 */
const https = require("node:https");

const { request } = https;
const port = Number(process.env.FAKE_POCKET_ID_PORT);
const lookup = (_name, { all }, done) => (all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4));

https.request = (url, options, ...more) =>
  String(url).startsWith("https://auth.your.domain/")
    ? request(url, { ...options, port, lookup }, ...more)
    : request(url, options, ...more);
