import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { pageHeaders } from './page.js';

/** Answers a person, on whatever adapter. */
@Injectable()
export class PageResponse {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  /** @param formTarget where the forms of the page may lead beside this server */
  show(response: object, status: number, text: string, formTarget?: string): void {
    const { httpAdapter } = this.adapterHost;
    for (const [name, value] of Object.entries(pageHeaders(formTarget))) httpAdapter.setHeader(response, name, value);
    httpAdapter.reply(response, text, status);
  }

  /** Shows a page that goes on to where the answer of a person is given to the client, and says so to those who read no pages. */
  created(response: object, url: string, text: string): void {
    this.adapterHost.httpAdapter.setHeader(response, 'Location', url);
    this.show(response, 201, text);
  }

  redirect(response: object, url: string): void {
    this.adapterHost.httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
    this.adapterHost.httpAdapter.redirect(response, 303, url);
  }
}
