import type { Command } from 'commander';
import { ClientLifeCycleService, type OAuthClientRecord } from '../../index.js';
import { withServices } from '../services/services.js';
import { existing } from './clients.js';

/** Does what an operator decides about a client, and tells what the client is now. */
export async function decide(
  command: Command,
  decision: (lifeCycle: ClientLifeCycleService) => Promise<OAuthClientRecord | undefined>,
): Promise<OAuthClientRecord> {
  return withServices(command, async (services) => existing(await decision(services(ClientLifeCycleService))));
}
