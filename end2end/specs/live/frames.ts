// What a page's socket carried, frame by frame, as the browser saw it.
import { expect, type Page, type WebSocket } from '@playwright/test';

export interface Side {
  account: string;
  after?: { version: number; booked_minor: number; available_minor?: number };
}

export interface Transaction {
  change: 'transaction';
  id: string;
  state: string;
  amount_minor: number;
  debit: Side;
  credit: Side;
}

export interface Frame {
  kind: 'snapshot' | 'update' | 'heartbeat' | 'goodbye';
  missed?: number | null;
  changes?: (Transaction | { change: 'account'; account: string } | { change: 'alert'; id: string; open: boolean })[];
}

/** Listens from now on; to be called before the page is opened. */
export class Wire {
  /** Every text that came, whole. */
  readonly texts: string[] = [];
  readonly sockets: WebSocket[] = [];

  constructor(page: Page) {
    page.on('websocket', (socket) => {
      this.sockets.push(socket);
      socket.on('framereceived', ({ payload }) => this.texts.push(payload.toString()));
    });
  }

  get frames(): Frame[] {
    return this.texts.map((text) => JSON.parse(text) as Frame);
  }

  /** The transactions told so far, in the order in which they came. */
  get transactions(): Transaction[] {
    const changes = this.frames.flatMap((frame) => frame.changes ?? []);
    return changes.filter((change) => change.change === 'transaction') as Transaction[];
  }

  async untilTold(...ids: string[]): Promise<void> {
    const told = () => new Set(this.transactions.map(({ id }) => id));
    await expect.poll(() => ids.filter((id) => !told().has(id)), { timeout: 15_000 }).toEqual([]);
  }
}
