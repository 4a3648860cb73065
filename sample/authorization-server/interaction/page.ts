import { html, type Html } from './html.js';

const STYLE = `
  :root { color-scheme: light dark; --line: #8885; --accent: #0b6bcb; --warn: #b3540022; }
  * { box-sizing: border-box; }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 16px/1.5 system-ui, sans-serif; background: Canvas; color: CanvasText; }
  main { width: min(26rem, 100vw - 2rem); padding: 2rem; border: 1px solid var(--line); border-radius: 12px; overflow-wrap: anywhere; }
  h1 { margin: 0 0 1rem; font-size: 1.35rem; line-height: 1.3; }
  label { display: block; margin: .75rem 0 .25rem; }
  input { width: 100%; padding: .55rem .7rem; font: inherit; border: 1px solid var(--line); border-radius: 6px; }
  .actions { display: flex; gap: .75rem; margin-top: 1.5rem; }
  button { flex: 1; padding: .6rem 1rem; font: inherit; border: 1px solid var(--line); border-radius: 6px; cursor: pointer; }
  button.primary { background: var(--accent); border-color: var(--accent); color: #fff; }
  .note { padding: .6rem .8rem; border-radius: 6px; background: #8882; }
  .warning { padding: .6rem .8rem; border-radius: 6px; background: var(--warn); border-left: 4px solid #d07000; }
  ul { padding-left: 1.2rem; } dl { margin: 1rem 0; } dt { font-size: .85rem; opacity: .75; } dd { margin: 0 0 .6rem; }
`;

/** A page as text. It loads nothing from anywhere. */
export function page(title: string, content: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${html([STYLE] as unknown as TemplateStringsArray)}
        </style>
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html>`.text;
}

/**
 * The headers of a page: nobody may frame it, keep it, or learn its address.
 * @param formTargets where its forms may lead beside this server, redirects included
 */
export function pageHeaders(formTargets: readonly string[] = []): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    `form-action ${["'self'", ...formTargets].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  };
}

/** A redirect URI as a source of `form-action`, which browsers apply to redirects behind a form as well. */
export function formTarget(redirectUri: unknown): string[] {
  if (typeof redirectUri !== 'string') return [];
  const { protocol, origin, hostname } = new URL(redirectUri);
  // A source cannot be an IPv6 address, nor the host of a private-use URI.
  return /^https?:$/.test(protocol) && !hostname.startsWith('[') ? [origin] : [protocol];
}
