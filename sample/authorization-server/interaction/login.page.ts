import { DEMO } from '../provider/accounts.js';
import { foreign, html } from './html.js';
import { page } from './page.js';

/** Asks who somebody is. */
export function loginPage(clientName: string | undefined, wasWrong: boolean): string {
  return page(
    'Sign in',
    html`
      <p>to continue to ${clientName === undefined ? 'an application without a name' : foreign(clientName)}</p>
      ${wasWrong ? html`<p class="warning" role="alert">Wrong username or password. Try again.</p>` : undefined}
      <form method="post">
        <label for="username">Username</label>
        <input id="username" name="username" autocomplete="username" autocapitalize="none" required autofocus />
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required />
        <div class="actions"><button class="primary" name="action" value="login">Sign in</button></div>
      </form>
      <p class="note">
        This is a demonstration with one account: username <b>${DEMO.username}</b>, password <b>${DEMO.password}</b>.
      </p>
    `,
  );
}
