import { foreign, html } from './html.js';
import { page } from './page.js';

/** What a person is told when a request cannot be answered by a redirect. */
export function problemPage(error: string, description?: string): string {
  if (error === 'invalid_client') {
    return page(
      'This application has to register again',
      html`<p>
          The server does not know it, or not any more. Remove the application, or its connection to this server, and
          add it anew.
        </p>
        <p class="note">Does it describe itself at an address of its own? Then that description cannot be used.</p>`,
    );
  }
  return page(
    'This did not work',
    html`
      <p>Go back to the application and start again.</p>
      <p class="note">${foreign(description === undefined ? error : `${error}: ${description}`)}</p>
    `,
  );
}
