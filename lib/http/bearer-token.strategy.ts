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
  const strategy = new Strategy({ passReqToCallback: true }, verify as unknown as Verify);
  return {
    // Passport puts the callbacks of a request on the instance it is handed, and only copies one it looks up by name: shared by requests at
    // the same time, the token of one would let another one in.
    authenticate(this: object, request: Parameters<typeof strategy.authenticate>[0]): void {
      strategy.authenticate.call(Object.assign(Object.create(strategy), this), request);
    },
  };
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
