import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { problemPage } from './error.page.js';
import { Html, html } from './html.js';
import { page, pageHeaders } from './page.js';

/** Pages that the provider itself shows. */
export const errorPage: NonNullable<Configuration['renderError']> = async (ctx, { error, error_description }) => {
  show(ctx, problemPage(error, error_description));
};

export async function logoutPage(ctx: KoaContextWithOIDC, form: string): Promise<void> {
  const buttons = html`<div class="actions">
    <button form="op.logoutForm">Stay signed in</button>
    <button class="primary" form="op.logoutForm" name="logout" value="yes">Sign out</button>
  </div>`;
  show(ctx, page('Sign out?', html`${new Html(form)}${buttons}`));
}

export async function loggedOutPage(ctx: KoaContextWithOIDC): Promise<void> {
  show(ctx, page('You are signed out', html`<p>You can close this page.</p>`));
}

function show(ctx: KoaContextWithOIDC, text: string): void {
  ctx.set({ ...pageHeaders() });
  ctx.body = text;
}
