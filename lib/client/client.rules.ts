/** What columns of text hold at most that are looked up. */
const LONGEST = 255;

/**
 * Whether this can be a client identifier: 1 to 255 printable ASCII characters (RFC 6749 appendix A.1). Dot segments would leave the path of the
 * client configuration endpoint.
 */
export function isClientId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST && /^(?!\.{1,2}$)[\x20-\x7e]+$/.test(value);
}

/** What a client identifier must be, in words. */
export const CLIENT_ID_RULE = `must have 1 to ${LONGEST} printable ASCII characters and not be a dot segment`;

/** Whether this can name who is responsible for a client: text that every database gives back as it is, without NUL and half characters. */
export function isOwner(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST && !/[\0\p{Surrogate}]/u.test(value);
}

/** What an owner must be, in words. */
export const OWNER_RULE = `must have 1 to ${LONGEST} characters`;
