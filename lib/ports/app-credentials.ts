import { OperationalError } from './errors.ts';

/** The platform's identity at GitHub: the App and one of its keys. No message or error ever contains the key. */
export interface AppCredentials {
  /** The App's numeric id, or its client id. */
  readonly appId: string;
  /** PEM, PKCS#1 or PKCS#8. */
  readonly privateKey: string;
}

/** Where they are kept. */
export interface StoredApp {
  /**
   * Cached; asked before each call as the App.
   * @throws OperationalError with the code `appMissing` if no App was stored yet
   */
  current(): Promise<AppCredentials>;
  /** GitHub rejected them: reads them again, at most as often as the secret allows. True: they were read. */
  refresh(): Promise<boolean>;
}

/** The code of the error for: no App has been created yet. */
export const appMissing = 'AppMissing';

export const isAppMissing = (error: unknown): error is OperationalError =>
  error instanceof OperationalError && error.code === appMissing;
