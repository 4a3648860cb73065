import { html } from './html.js';
import { page } from './page.js';

/**
 * A page in place of a redirect behind a form: it goes on by itself, as a link does. Browsers apply `form-action` to every redirect behind a form, those
 * of the client's server included, and where these lead nobody here knows.
 */
export function onwardPage(url: string): string {
  return page(
    'One moment',
    html`<p>If nothing happens, <a href="${url}">go on</a>.</p>`,
    html`<meta http-equiv="refresh" content="0; url=${url}" />`,
  );
}

/**
 * The source of `form-action` for a redirect behind a form that is left as it is: to an app, which ends it. Phones open apps for what a person does, and
 * not for a page that goes on by itself.
 * @returns undefined for the web
 */
export function appTarget(uri: unknown): string | undefined {
  const scheme = typeof uri === 'string' ? /^[a-z][a-z0-9+.-]*:/i.exec(uri)?.[0].toLowerCase() : undefined;
  return scheme === undefined || /^https?:$/.test(scheme) ? undefined : scheme;
}
