import { connect } from "node:net";

/** Whether an address and port take a connection from this machine. The limit is in milliseconds. */
export function isPortOpen(host: string, port: number, limit = 4_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: limit });
    const end = (open: boolean) => (): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", end(true)).once("timeout", end(false)).once("error", end(false));
  });
}
