import { Global, Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import passport from 'passport';
import { Strategy } from 'passport-http-bearer';
import type { HostProfile } from './host-profile.js';

const passportModule = PassportModule.register({ defaultStrategy: 'bearer', session: false, property: 'account' });

/** The settings of the host for passport reach every module. */
@Global()
@Module({ imports: [passportModule], exports: [passportModule] })
class HostPassportModule {}

/** Has a strategy of its own in the one registry of the process, under the name ours would have, and makes it the default. */
function foreignBearer(user: object | false): HostProfile {
  return {
    imports: [HostPassportModule],
    options: { imports: [passportModule] },
    configure: () => void passport.use('bearer', new Strategy((_token, done) => done(null, user))),
  };
}

export const bearerOfNobody = foreignBearer(false);
export const bearerOfEverybody = foreignBearer({ id: 'anybody' });
