import { DynamicRegistrationModule } from 'nestjs-dynamic-registration';

export const registration = (issuer: string) =>
  DynamicRegistrationModule.forRoot({
    issuer,
    access: 'open',
    server: { tokenEndpointAuthMethods: ['none'], grantTypes: ['authorization_code', 'refresh_token'] },
    cors: { origins: '*' },
    discovery: {
      metadata: {
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        code_challenge_methods_supported: ['S256'],
      },
    },
  });
