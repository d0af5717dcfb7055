/** Who the platform is at GitHub: the App and a key of it. Neither its message nor its error ever holds the key. */
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
   * @throws OperationalError with the code `appMissing` where no App was stored yet
   */
  current(): Promise<AppCredentials>;
  /** GitHub did not take them: reads them again, within the bounds of the secret. True: it read. */
  refresh(): Promise<boolean>;
}

/** The code of the error that says: nobody has created the App yet. */
export const appMissing = 'AppMissing';
