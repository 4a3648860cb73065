/** The context under which everything of this module is logged. */
export const LOGGER = 'DynamicRegistration';
