import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { ROUTES } from '../endpoints.js';
import { problemPage } from './error.page.js';
import { Html, html } from './html.js';
import { appTarget, onwardPage } from './onward.js';
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
  show(
    ctx,
    page('Sign out?', html`${new Html(form)}${buttons}`),
    appTarget(ctx.oidc.params?.['post_logout_redirect_uri']),
  );
}

export async function loggedOutPage(ctx: KoaContextWithOIDC): Promise<void> {
  show(ctx, page('You are signed out', html`<p>You can close this page.</p>`));
}

/** Goes on from the form of the logout page as those of the other pages do (see `onwardPage`). */
export async function leaveLogout(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  await next();
  const url = ctx.response.get('Location');
  if (ctx.path !== `${ROUTES.end_session}/confirm` || ctx.status !== 303 || appTarget(url) !== undefined) return;
  ctx.remove('Location');
  ctx.status = 200;
  show(ctx, onwardPage(url));
}

function show(ctx: KoaContextWithOIDC, text: string, formTarget?: string): void {
  ctx.set({ ...pageHeaders(formTarget) });
  ctx.body = text;
}
