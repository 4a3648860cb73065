import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import type { HostProfile } from './host-profile.js';

/** The filter of many hosts: every error in their own shape. */
@Catch()
class CatchAllFilter implements ExceptionFilter {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const status = error instanceof HttpException ? error.getStatus() : 500;
    const { httpAdapter } = this.adapterHost;
    const response = host.switchToHttp().getResponse<object>();
    httpAdapter.setHeader(response, 'X-Host-Filter', 'yes');
    httpAdapter.reply(response, { failed: true, status }, status);
  }
}

/** Catches everything, as a provider and as a global filter. */
export const catchAllFilters: HostProfile = {
  providers: [
    {
      provide: APP_FILTER,
      useFactory: (adapterHost: HttpAdapterHost) => new CatchAllFilter(adapterHost),
      inject: [HttpAdapterHost],
    },
  ],
  configure: (app) => void app.useGlobalFilters(new CatchAllFilter(app.get(HttpAdapterHost))),
};
