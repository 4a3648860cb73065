import { createHash } from 'node:crypto';
import { Html, html } from './html.js';

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

const STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

/**
 * A page as text. It loads nothing from anywhere.
 * @param head what else is to be in its head
 */
export function page(title: string, content: Html, head?: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        ${new Html(`<style>${STYLE}</style>`)} ${head}
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
 * @param formTarget where its forms may lead beside this server
 */
export function pageHeaders(formTarget = ''): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    `style-src ${STYLE_SOURCE}`,
    `form-action 'self' ${formTarget}`.trim(),
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
