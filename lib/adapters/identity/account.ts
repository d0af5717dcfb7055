/** An ARN's account: a function learns its own account from the ARN of its own secret. */

/** @throws Error if it is not an ARN with an account */
export function accountOfArn(arn: string): string {
  const account = arn.split(':')[4];
  if (!arn.startsWith('arn:') || !account || !/^\d{12}$/.test(account)) {
    throw new Error(
      `${JSON.stringify(arn)} is not an ARN that names an account, arn:aws:service:region:account:…`,
    );
  }
  return account;
}
