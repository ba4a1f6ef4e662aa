import { connect } from "node:tls";
import { ports } from "../../../config/names";
import { hosts } from "./addresses";

/** Signs in to IMAP with a token, as a mail program would; answers the server's tagged answer. */
export function imapLogin(ca: string, user: string, token: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hosts.mailInCluster, port: ports.imaps, servername: hosts.mail, ca });
    const response = Buffer.from(`user=${user}\x01auth=Bearer ${token}\x01\x01`).toString("base64");
    let pending = "";
    socket.on("error", reject);
    socket.on("data", (data) => {
      pending += data.toString();
      const lines = pending.split("\r\n");
      pending = lines.pop() ?? "";
      for (const line of lines) {
        if (line.startsWith("* OK")) socket.write("a AUTHENTICATE XOAUTH2\r\n");
        else if (line === "+ " || line === "+") socket.write(`${response}\r\n`);
        else if (line.startsWith("+ "))
          socket.write("\r\n"); // the reason; an empty answer ends the exchange
        else if (line.startsWith("a ")) {
          socket.end();
          resolve(line);
        }
      }
    });
  });
}
