/** Seconds an access token is valid. */
export const ACCESS_TOKEN_SECONDS = 600;
/** Seconds a grant, and so its refresh token, is valid without being used. */
export const REFRESH_TOKEN_SECONDS = 30 * 24 * 3600;
/**
 * What becomes of a refresh token that was used: with `rotation` it is replaced, and using it once more ends the grant, since one of the two
 * who had it is a thief (RFC 9700 section 4.14.2); with `none` it stays.
 */
export const REFRESH_POLICY: 'none' | 'rotation' = 'rotation';
/** Grants that are issued between two removals of those that have expired. */
export const GRANTS_BETWEEN_REMOVALS = 100;
