import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { map, type Observable } from 'rxjs';
import type { HostProfile } from './host-profile.js';

class WrappingInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler<unknown>): Observable<{ data: unknown }> {
    return next.handle().pipe(map((data) => ({ data })));
  }
}

/** Puts every answer into `{ data }`, twice. */
export const wrappingInterceptors: HostProfile = {
  providers: [{ provide: APP_INTERCEPTOR, useClass: WrappingInterceptor }],
  configure: (app) => void app.useGlobalInterceptors(new WrappingInterceptor()),
};
