/** Names as a URL has them, `*.` for every name below one, with a port where it is not that of the scheme. */
const HOST_PATTERN = /^(?:\*\.)?(?:[a-z0-9-]+\.)*[a-z0-9-]+(?::[1-9][0-9]{0,4})?$/;

/** What host patterns must be, in words. */
export const HOST_PATTERN_RULE = 'must be host names such as client.example.com or *.example.com';

/** Whether this names hosts. */
export function isHostPattern(value: unknown): value is string {
  return typeof value === 'string' && HOST_PATTERN.test(value);
}
