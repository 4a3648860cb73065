import { promise as queue, type queueAsPromised } from 'fastq';
import { OutboundRequestError } from './outbound-request.error.js';

/** Requests to one origin that may wait for their turn; more are refused. */
const WAITING_PER_ORIGIN = 100;
/** The same of all requests. */
const WAITING = 500;

type Work = () => Promise<unknown>;

/** Bounds how many requests run at once, in all and to one origin, so that one that does not answer stops none of the others. */
export class OutboundQueue {
  private readonly all: queueAsPromised<Work>;
  private readonly origins = new Map<string, queueAsPromised<Work>>();

  constructor(
    concurrent: number,
    private readonly concurrentPerOrigin: number,
  ) {
    this.all = queue(async (work: Work) => work(), concurrent);
  }

  /** @throws OutboundRequestError when too many are waiting, for the same origin or in all */
  async run<T>(origin: string, work: () => Promise<T>): Promise<T> {
    const own = this.origins.get(origin) ?? queue(async (task: Work) => this.all.push(task), this.concurrentPerOrigin);
    if (own.length() >= WAITING_PER_ORIGIN) throw new OutboundRequestError('too many requests to one origin', true);
    if (this.all.length() >= WAITING) throw new OutboundRequestError('too many requests', true);
    this.origins.set(origin, own);
    try {
      return (await own.push(work)) as T;
    } finally {
      if (own.idle()) this.origins.delete(origin);
    }
  }
}
