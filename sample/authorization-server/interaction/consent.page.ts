import type { ConsentFacts } from 'nestjs-dynamic-registration';
import { foreign, html, type Html } from './html.js';
import { page } from './page.js';

const SCOPES: Readonly<Record<string, string>> = {
  openid: 'know who you are',
  profile: 'see your name',
  email: 'see your e-mail address',
  offline_access: 'keep access while you are away',
  'api:read': 'read your data',
  'api:write': 'change your data',
};

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;

/** What is asked for, and by whom. */
export interface Consent {
  readonly facts: ConsentFacts;
  /** Counts the changes of the client: a consent is to the client that was shown. */
  readonly version: number;
  readonly scopes: readonly string[];
  readonly claims: readonly string[];
  readonly resources: readonly string[];
}

/** Asks whether a client may do what it asks for. */
export function consentPage({ facts, version, scopes, claims, resources }: Consent): string {
  const name = facts.clientName === undefined ? html`An application without a name` : foreign(facts.clientName);
  return page(
    'Allow access?',
    html`
      <p><b>${name}</b> wants to</p>
      <ul>
        ${scopes.map((scope) => html`<li>${SCOPES[scope] ?? scope}</li>`)}
        ${claims.map((claim) => html`<li>see your ${claim}</li>`)}
      </ul>
      ${facts.isSelfRegistered ? warning(facts) : undefined}
      <dl>
        <dt>It sends you back to</dt>
        <dd>${destination(facts)}</dd>
        ${resources.map(
          (resource) =>
            html`<dt>It will use</dt>
              <dd>${foreign(resource)}</dd>`,
        )}
        ${origin(facts)}
      </dl>
      <form method="post">
        <input type="hidden" name="version" value="${version}" />
        <div class="actions">
          <button name="action" value="deny">Deny</button>
          <button class="primary" name="action" value="allow">Allow</button>
        </div>
      </form>
    `,
  );
}

function warning({ othersWithThisName: others }: ConsentFacts): Html {
  const same = others === 1 ? '1 other application has' : `${others} other applications have`;
  return html`<p class="warning">
    This application describes itself. Nobody has checked that it is what its name says.
    ${others > 0 ? `${same} the same name.` : undefined} Go on only if you have just started this yourself.
  </p>`;
}

function destination({ redirectHost = 'nowhere', redirectKind }: ConsentFacts): Html {
  if (redirectKind === 'loopback') return html`a program on this computer (${redirectHost})`;
  if (redirectKind === 'private-use') return html`an app on this device (${foreign(redirectHost)})`;
  return foreign(redirectHost);
}

/** Of a document nothing is proven but the host that it is read from. */
function origin({ clientIdHost, ageSeconds }: ConsentFacts): Html {
  return clientIdHost === undefined
    ? html`<dt>Registered</dt>
        <dd>${age(ageSeconds)}</dd>`
    : html`<dt>It is described by</dt>
        <dd>${foreign(clientIdHost)}</dd>`;
}

function age(seconds: number): string {
  const [unit, length] = UNITS.find((one) => seconds >= one[1]) ?? ['second', 1];
  const count = Math.floor(seconds / length);
  if (unit === 'second') return 'just now';
  return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
}
