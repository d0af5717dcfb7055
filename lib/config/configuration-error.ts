/** Apart from the checks that throw it: each command line knows it, and few check a configuration. */

/** The configuration is invalid; the message lists every error. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
