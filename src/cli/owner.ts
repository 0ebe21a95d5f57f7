/** Whose sessions these are, until there are more owners than the person at this machine. */
export const OWNER = 'local';
