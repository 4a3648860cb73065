import { HOST_NAMES, type HostName } from './host-names.js';

/** The tests of what is on the wire. Those of hashes are not among them: they take long, and no host has a part in hashing. */
export const WIRE_TESTS = [
  'test/client-configuration/*.e2e-spec.ts',
  'test/client-registration/*.e2e-spec.ts',
  'test/contract/client-libraries.e2e-spec.ts',
  'test/contract/recorded-clients.e2e-spec.ts',
  'test/discovery/*.e2e-spec.ts',
  'test/errors/*.e2e-spec.ts',
  'test/http/*.e2e-spec.ts',
  'test/initial-access-token/*.guard.e2e-spec.ts',
] as const;

/** Those that cannot be run in a host, and why. */
export const EXCLUDED_TESTS: readonly {
  readonly file: string;
  readonly hosts: readonly HostName[];
  readonly reason: string;
}[] = [
  {
    file: 'test/client-registration/field-verdicts.e2e-spec.ts',
    hosts: HOST_NAMES.filter((host) => host !== 'global-pipes' && host !== 'everything'),
    reason: 'it takes a third of all time, for verdicts on values that nothing but a pipe of the host comes near',
  },
  {
    file: 'test/client-registration/any-document.e2e-spec.ts',
    hosts: HOST_NAMES.filter((host) => host !== 'global-pipes' && host !== 'everything'),
    reason: 'it takes seconds for documents that nothing but a pipe of the host comes near',
  },
  {
    file: 'test/http/beside-the-host.e2e-spec.ts',
    hosts: ['global-prefix', 'uri-versioning', 'jwt-guard', 'issuer-with-path', 'stripping-proxy', 'everything'],
    reason:
      'it is about routes of a host: these hosts move them, or want a session for them. Their own are compared in host-unchanged.e2e-spec.ts',
  },
];
