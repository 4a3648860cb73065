import {
  RegistrationError,
  type ClientMetadata,
  type RegistrationContext,
  type RegistrationPolicy,
} from 'nestjs-dynamic-registration';

const STRANGER: RegistrationContext = {
  operation: 'register',
  credential: undefined,
  owner: null,
  tenant: null,
  bounds: null,
  client: undefined,
  hold: () => undefined,
  limit: () => undefined,
};

/** What a policy makes of metadata: its refusal as `code: message`, or the state to register. */
export async function verdict(
  policy: RegistrationPolicy,
  metadata: ClientMetadata,
  context: Partial<RegistrationContext> = {},
): Promise<string | object> {
  try {
    return Object.assign({}, await policy.review(metadata, { ...STRANGER, ...context }));
  } catch (error) {
    if (error instanceof RegistrationError) return `${error.code}: ${error.message}`;
    throw error;
  }
}
