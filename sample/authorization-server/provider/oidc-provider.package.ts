import type * as OidcProvider from 'oidc-provider';

const UNSUPPORTED_RUNTIME = 'oidc-provider WARNING: Unsupported runtime';

/** The package, without the warning it prints where it is loaded into Node.js 20: all that is used here is there as well. */
async function load(): Promise<typeof OidcProvider> {
  const { warn } = console;
  console.warn = (...text: unknown[]) => {
    if (!String(text[0]).includes(UNSUPPORTED_RUNTIME)) warn(...text);
  };
  try {
    return await import('oidc-provider');
  } finally {
    console.warn = warn;
  }
}

export const { Provider, errors } = await load();
