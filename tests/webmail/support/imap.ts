import { connect } from "node:tls";
import { ports } from "../../../config/names";
import { Imap } from "../../support/imap";
import { hosts } from "./addresses";

/** Signs in to IMAP with a token, as a mail program would; gives what the server says to it. */
export async function imapLogin(ca: string, user: string, token: string): Promise<string> {
  const imap = await Imap.over(connect({ host: hosts.mailInCluster, port: ports.imaps, servername: hosts.mail, ca }));
  const response = Buffer.from(`user=${user}\x01auth=Bearer ${token}\x01\x01`).toString("base64");
  const { status } = await imap.ask(`AUTHENTICATE XOAUTH2 ${response}`);
  imap.close();
  return status;
}
