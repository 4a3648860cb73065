import { Module, type OnModuleInit } from '@nestjs/common';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { DynamicRegistrationModule } from 'nestjs-dynamic-registration';
import type { Repository } from 'typeorm';
import { dynamicRegistration } from './registration.options.js';
import { User } from './users.js';

@Module({ imports: [TypeOrmModule.forFeature([User]), DynamicRegistrationModule.forRoot(dynamicRegistration)] })
export class RegistrationModule implements OnModuleInit {
  constructor(@InjectRepository(User) private readonly users: Repository<User>) {}

  /** The owner of the token that `npm run sample` issues must be one of your users. */
  async onModuleInit(): Promise<void> {
    await this.users.save({ id: 'acme' });
  }
}
