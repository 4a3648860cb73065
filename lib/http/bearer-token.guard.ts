import type { ExecutionContext } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { InsufficientScopeError, InvalidTokenError } from '../errors/registration.error.js';
import type { BearerTokenRequest } from './bearer-token.request.js';
import { bearerTokenStrategy } from './bearer-token.strategy.js';
import { rememberCaller } from './caller.js';
import { countHeader, requestOf } from './http-request.js';

const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/**
 * Bearer tokens as both guards take them (RFC 6750): from the header alone, one header, one answer for whatever is wrong.
 * The hooks `extractToken`, `authenticate` and `authorize` are what a host's subclass overrides; a property `options` is passport's and cannot
 * be a subclass's.
 */
export abstract class BearerTokenGuard<Credential extends object> extends AuthGuard() {
  constructor() {
    const options = { defaultStrategy: bearerTokenStrategy() as never };
    super(options);
    // Nest writes the options of any PassportModule it can see over these once the guard is made: a strategy of the host would judge our tokens.
    Object.defineProperty(this, 'options', {
      get: () => options,
      set: (_ofHost: unknown) => {},
      configurable: false,
    });
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.extractToken(context) === undefined) throw new InvalidTokenError(false);
    await super.canActivate(context);
    return true;
  }

  /**
   * The token of the request.
   * @returns undefined when the request carries no credential at all
   * @throws InvalidTokenError when it carries one that cannot be used (RFC 6750 section 3.1)
   */
  protected extractToken(context: ExecutionContext): string | undefined {
    const request = requestOf(context);
    const presented = countHeader(request, 'authorization');
    if (presented === 0) return undefined;
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (presented > 1 || token === undefined) throw new InvalidTokenError(true);
    return token;
  }

  /**
   * Who presents the token.
   * @returns undefined when it is nobody's: the request is answered 401
   * @throws InvalidTokenError for the same; any other error is unexpected and ends in a 500
   */
  protected abstract authenticate(token: string, context: ExecutionContext): Promise<Credential | undefined>;

  /** Whether the credential may make this request; false answers 403 `insufficient_scope`. */
  protected authorize(_credential: Credential, _context: ExecutionContext): boolean | Promise<boolean> {
    return true;
  }

  /** Passport sees this instead of the request: passport-http-bearer would also take a token from the query and the body. */
  override getRequest(context: ExecutionContext): BearerTokenRequest {
    const token = this.extractToken(context) ?? '';
    return {
      headers: { authorization: `Bearer ${encodeURIComponent(token)}` },
      authenticate: async () => this.accept(await this.authenticate(token, context), context),
    };
  }

  override handleRequest<User = Credential>(error: unknown, user: User | false | undefined): User {
    if (error) throw error as Error;
    if (!user) throw new InvalidTokenError(true);
    return user;
  }

  /** Judges what `authenticate` returned and keeps it for the handler. */
  private async accept(credential: Credential | undefined, context: ExecutionContext): Promise<Credential> {
    if (!credential) throw new InvalidTokenError(true);
    if (!(await this.authorize(credential, context))) throw new InsufficientScopeError();
    rememberCaller(context, credential);
    return credential;
  }
}
