/**
 * Text from outside in a form that every queue, row and log line accepts: of a bounded length, well-formed, and without
 * control characters or noncharacters. Replaced characters show as U+FFFD, and a cut ends in `…`.
 */

/** SQS accepts none of these, and DynamoDB no lone surrogate: a row or message that contains one would always fail. */
const unfit = /[\p{Cc}\p{Noncharacter_Code_Point}]/gu;

/** @param most UTF-16 code units */
export function boundedText(text: string, most: number): string {
  const cut = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  return cut.toWellFormed().replace(unfit, '\ufffd');
}

/**
 * GitHub's names: 39 characters for an account (more if an enterprise manages it), 100 for a repository; never only dots.
 * Letters of any alphabet are allowed: what matters here is that a name is short, well-formed, and cannot act as a path.
 */
const repositoryName = /^(?!\.+\/)[\p{L}\p{N}_.-]{1,100}\/(?!\.+$)[\p{L}\p{N}_.-]{1,100}$/u;

/** Whether it is `owner/name`, as GitHub writes it. */
export const isRepositoryName = (text: unknown): text is string =>
  typeof text === 'string' && text.length <= 201 && repositoryName.test(text);
