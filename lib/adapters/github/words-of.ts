/**
 * What an error of Octokit says, short enough for a line of a log. While GitHub is down it answers with web pages of thousands
 * of characters, and Octokit takes all of one as the message.
 * Source: https://github.com/osunyorg/admin/issues/1792
 */
/** Longer than all that GitHub says in JSON, and than the start of its pages up to the title. */
const mostCharacters = 1_000;

/** Undefined: it says nothing. */
export function wordsOf(message: string | undefined): string | undefined {
  const start = message?.slice(0, mostCharacters);
  if (start === undefined || !isPage(start)) return start || undefined;
  const title = /<title>([^<]{1,200})<\/title>/i.exec(start)?.[1]?.trim();
  return title ? `the web page "${title.replaceAll('&middot;', '·')}"` : 'a web page';
}

const isPage = (message: string) => /^\s*<(?:!doctype|html)/i.test(message);
