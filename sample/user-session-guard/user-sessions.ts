import { Injectable, Module } from '@nestjs/common';

/** Stands for the sessions of your application. */
@Injectable()
export class UserSessions {
  private readonly users = new Map([
    ['6f1c2ab89d', { id: 'ada' }],
    ['b04e77d3c1', { id: 'grace' }],
  ]);

  async findUser(session: string): Promise<{ id: string } | undefined> {
    return this.users.get(session);
  }
}

@Module({ providers: [UserSessions], exports: [UserSessions] })
export class UserSessionsModule {}
