import { Strategy } from 'passport-http-bearer';
import type { BearerTokenRequest } from './bearer-token.request.js';

type Done = (error: unknown, user?: object) => void;
type Verify = ConstructorParameters<typeof Strategy>[1] & ((...args: never[]) => void);

/**
 * The passport-http-bearer strategy behind both guards. Guards hold the instance: passport's registry of names is one for the whole
 * process, and a second application, or another strategy called `bearer`, would answer for ours.
 */
export function bearerTokenStrategy(): object {
  const verify = (request: BearerTokenRequest, _token: string, done: Done) => {
    void settle(request, done);
  };
  return new Strategy({ passReqToCallback: true }, verify as unknown as Verify);
}

async function settle(request: BearerTokenRequest, done: Done): Promise<void> {
  let credential: object;
  try {
    credential = await request.authenticate();
  } catch (error) {
    done(error);
    return;
  }
  done(null, credential);
}
