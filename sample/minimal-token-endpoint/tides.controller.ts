import { Controller, Get, UseGuards } from '@nestjs/common';
import { Scopes, ScopesGuard } from './scopes.guard.js';

/** Stands for what the tokens are for. */
@Controller('tides')
@UseGuards(ScopesGuard)
export class TidesController {
  @Get()
  @Scopes('api:read')
  read(): object {
    return { high: '04:12' };
  }
}
