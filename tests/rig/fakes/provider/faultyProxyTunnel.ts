import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { KeyPair } from "../../ca";
import { FaultyProxy } from "./faultyProxy";
import { type Switched, switchedOn } from "./switches";

/** Local ports that lead to the provider: to forwarder.py for the proxy, and to Dovecot without TLS. */
export interface TunnelPorts {
  readonly tunnel: number;
  readonly dovecot: number;
}

/** Connections that wait for clients in advance. */
const WAITING = 4;

/**
 * The faulty proxy on this machine, for a provider that runs where nothing reaches this machine: forwarder.py, in front of
 * Dovecot, hands its clients over to connections that are opened from here.
 */
export class FaultyProxyTunnel {
  private readonly proxy: FaultyProxy;
  private readonly tunnels = new Set<Socket>();
  private isOpen = true;

  private constructor(
    certificate: KeyPair,
    private readonly ports: TunnelPorts,
  ) {
    this.proxy = new FaultyProxy("127.0.0.1", certificate, { host: "127.0.0.1", port: ports.dovecot });
  }

  /** Returns when every client comes here. */
  static async open(certificate: KeyPair, ports: TunnelPorts): Promise<FaultyProxyTunnel> {
    const opened = new FaultyProxyTunnel(certificate, ports);
    const port = await opened.proxy.listen(0);
    await Promise.all(Array.from({ length: WAITING }, () => opened.wait(port)));
    return opened;
  }

  inject(switched: Switched): void {
    this.proxy.faults.splice(0, this.proxy.faults.length, ...switchedOn(switched));
  }

  /** Hangs up on every client; from now on they reach Dovecot again. */
  async close(): Promise<void> {
    this.isOpen = false;
    for (const tunnel of this.tunnels) tunnel.destroy();
    await this.proxy.close();
  }

  /** Waits for a client, and after it for the next one. Resolves when it is known at the other end. */
  private wait(port: number): Promise<void> {
    return new Promise((isKnown) => {
      const tunnel = connect(this.ports.tunnel, "127.0.0.1");
      const again = (): void => {
        if (this.isOpen) void this.wait(port).then(isKnown);
      };
      this.tunnels.add(tunnel);
      tunnel.on("error", () => undefined);
      tunnel.once("close", () => this.tunnels.delete(tunnel));
      const lost = (): void => void sleep(200).then(again);
      tunnel.once("close", lost);
      tunnel.once("data", (first) => {
        isKnown();
        tunnel.pause();
        if (first.length > 1) tunnel.unshift(first.subarray(1));
        tunnel.once("readable", () => {
          const hello = tunnel.read();
          if (hello === null) return; // it has been closed
          tunnel.unshift(hello);
          tunnel.off("close", lost);
          if (this.isOpen) this.serve(tunnel, port);
          again();
        });
      });
    });
  }

  private serve(tunnel: Socket, port: number): void {
    const proxy = connect(port, "127.0.0.1");
    this.tunnels.add(proxy);
    proxy.on("error", () => tunnel.destroy());
    proxy.once("close", () => this.tunnels.delete(proxy));
    proxy.pipe(tunnel).pipe(proxy);
  }
}
