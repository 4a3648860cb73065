import { ValidationPipe, type PipeTransform } from '@nestjs/common';
import type { HostProfile } from './host-profile.js';

/** Hands on copies, and nothing in them that looks like a secret. */
class MaskingPipe implements PipeTransform {
  transform(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).map(([name, member]) => [
      name,
      /token|secret|hash/i.test(name) ? '***' : member,
    ]);
    return Object.fromEntries(members);
  }
}

/** Puts everything that a handler is given through its pipes, what the host's own decorators give included. */
export const globalPipes: HostProfile = {
  configure: (app) =>
    void app.useGlobalPipes(
      new MaskingPipe(),
      new ValidationPipe({
        whitelist: true,
        forbidNonWhitelisted: true,
        transform: true,
        transformOptions: { enableImplicitConversion: true },
        validateCustomDecorators: true,
      }),
    ),
};
