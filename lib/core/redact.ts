/**
 * Removes what looks like a credential from texts that are kept forever, such as audit rows: people paste keys and tokens
 * where none belong. A secret without a recognizable format, such as a password, is not found.
 * Forms: https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats
 */

/** The replacement. */
export const removedSecret = '[secret removed]';

const forms: readonly RegExp[] = [
  // PEM, also with its line breaks escaped as in JSON, and where its end was cut off.
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g,
  // The same in base64.
  /LS0tLS1CRUdJTi[A-Za-z0-9+/=]+/g,
  /\b(?:gh[pousr]_[A-Za-z0-9_.-]{16,}|github_pat_[A-Za-z0-9_]{16,})/g,
  // Tokens of the API, and secrets that sign callbacks.
  /\bmf[ac]_[a-z0-9.-]{1,120}_[0-9a-f]{16,}(?:_[0-9a-f]{8})?/g,
  /\bwhsec_[A-Za-z0-9+/=]{16,}/g,
  // A signed token: JWT.
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g,
];

export const withoutSecrets = (text: string): string =>
  forms.reduce((kept, form) => kept.replace(form, removedSecret), text);
