import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Server } from 'node:http';
import { setTimeout } from 'node:timers/promises';

/** How long clients have to hear that their connections end. */
const DRAIN_MS = 500;
/** How long requests have to be answered. */
const LONGEST_REQUEST_MS = 10_000;

/**
 * Ends connections without losing requests: one that is closed while it looks idle may have the next request on its way. So every answer says
 * first that it is the last one of its connection. Then all connections may be closed, those included on which nothing was ever asked.
 */
@Injectable()
export class Drain implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private unanswered = 0;
  private isEnding = false;

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  onApplicationBootstrap(): void {
    const server: Server = this.adapterHost.httpAdapter.getHttpServer();
    server.prependListener('request', (_request, response) => {
      this.unanswered++;
      response.once('close', () => this.unanswered--);
      if (this.isEnding) response.setHeader('Connection', 'close');
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isEnding = true;
    await setTimeout(DRAIN_MS);
    for (const end = Date.now() + LONGEST_REQUEST_MS; this.unanswered > 0 && Date.now() < end;) await setTimeout(10);
  }
}
