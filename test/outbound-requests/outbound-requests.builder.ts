import { RegistrationConfiguration, type OutboundRequestOptions } from 'nestjs-dynamic-registration';
import { RecordingHostResolver, TrustingOutboundRequests } from '../support/document-server.js';

export const configurationWith = (outboundRequests: OutboundRequestOptions): RegistrationConfiguration =>
  new RegistrationConfiguration({ issuer: 'https://auth.example.com', outboundRequests });

/** Requests with options of a test, names that it answers itself, and trust in the CA of the tests. */
export function outboundRequests(
  options: OutboundRequestOptions = {},
  hosts = new RecordingHostResolver(),
): { readonly requests: TrustingOutboundRequests; readonly hosts: RecordingHostResolver } {
  return { requests: new TrustingOutboundRequests(configurationWith(options), hosts), hosts };
}

/** How a request ended that has to fail. */
export async function refusalOf(request: Promise<unknown>): Promise<unknown> {
  return request.then(
    () => 'no refusal',
    (error: unknown) => error,
  );
}
