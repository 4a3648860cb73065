/** The hosts of the catalogue by name, apart from it: the configuration of the runner reads them without loading the hosts. */
export const HOST_NAMES = [
  'plain',
  'global-pipes',
  'global-prefix',
  'uri-versioning',
  'catch-all-filters',
  'wrapping-interceptors',
  'jwt-guard',
  'snake-case',
  'entity-hooks',
  'issuer-with-path',
  'stripping-proxy',
  'bearer-of-nobody',
  'bearer-of-everybody',
  'microservice',
  'everything',
] as const;

export type HostName = (typeof HOST_NAMES)[number];
