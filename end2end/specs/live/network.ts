// A network that can be lost: the page reaches vigie through a relay here. Cut, nothing passes any more and nobody is
// told, as when a laptop is closed; mended, the old connections turn out to be dead and new ones work.
import { connect, createServer, type Server, type Socket } from 'node:net';
import { address } from '../bank';

export class Network {
  private cut = false;
  private readonly pairs = new Set<[Socket, Socket]>();
  /** Connections that the page tried to open while the network was cut. */
  refused = 0;

  private constructor(private readonly server: Server) {}

  static async open(): Promise<Network> {
    const server = createServer();
    const network = new Network(server);
    server.on('connection', (near) => network.relay(near));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return network;
  }

  get address(): string {
    const bound = this.server.address();
    return `http://127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`;
  }

  private relay(near: Socket): void {
    if (this.cut) {
      this.refused += 1;
      near.destroy();
      return;
    }
    const target = new URL(address);
    const pair: [Socket, Socket] = [near, connect(Number(target.port), target.hostname)];
    this.pairs.add(pair);
    const [, far] = pair;
    for (const [from, to] of [pair, [far, near]]) {
      from.on('data', (bytes) => {
        if (!this.cut) to.write(bytes);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        this.pairs.delete(pair);
        if (!this.cut) to.destroy();
      });
    }
  }

  lose(): void {
    this.cut = true;
  }

  mend(): void {
    this.cut = false;
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
  }

  async close(): Promise<void> {
    this.mend();
    await new Promise<void>((done) => this.server.close(() => done()));
  }
}
