/** A person with a browser that keeps cookies and runs no scripts, as far as the pages of the sample need one. */
export class Person {
  private readonly cookies = new Map<string, string>();

  /** Opens a URL and goes wherever it leads, until a page, or a URL of another origin, which is not asked. */
  async open(url: string | URL): Promise<Page> {
    return this.follow(new URL(url), await this.request(new URL(url)));
  }

  /** Logs in and consents to what an authorization request asks for. @returns where the client is called back */
  async authorize(url: string | URL, credentials = { username: 'alice', password: 'alice' }): Promise<URL> {
    let page = await this.open(url);
    if (page.text.includes('name="username"')) page = await this.submit(page, { ...credentials, action: 'login' });
    if (page.text.includes('value="allow"')) page = await this.submit(page, { action: 'allow' });
    if (page.leavesTo === undefined) throw new Error(`no call back, but at ${page.url.href}: ${page.text}`);
    return page.leavesTo;
  }

  /** Sends the form of a page with these values, and with the hidden ones. */
  async submit(page: Page, values: Readonly<Record<string, string>>): Promise<Page> {
    const hidden = [...page.text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
    const fields = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value]));
    const url = new URL(page.url);
    url.search = '';
    const response = await this.request(url, new URLSearchParams({ ...fields, ...values }));
    return this.follow(url, response);
  }

  private async follow(url: URL, response: Response): Promise<Page> {
    const location = response.headers.get('location');
    if (location === null)
      return { url, status: response.status, headers: response.headers, text: await response.text() };
    await response.text();
    const next = new URL(location, url);
    if (next.origin !== url.origin) {
      return { url, status: response.status, headers: response.headers, text: '', leavesTo: next };
    }
    return this.follow(next, await this.request(next));
  }

  private async request(url: URL, body?: URLSearchParams): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { accept: 'text/html', cookie },
      ...(body && { method: 'POST', body }),
    });
    for (const one of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(one) ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }
}

/** Where a person has arrived. */
export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Where the last redirect leads, if that is somewhere else. */
  readonly leavesTo?: URL;
}
