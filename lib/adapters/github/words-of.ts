/**
 * What an error of Octokit says, short enough for a line of a log. While GitHub is down it answers with web pages of thousands
 * of characters, and Octokit takes all of one as the message.
 * Source: https://github.com/osunyorg/admin/issues/1792
 */
/** Longer than all that GitHub says in JSON. */
const mostCharacters = 1_000;

/** Undefined: it says nothing. */
export function wordsOf(message: string | undefined): string | undefined {
  if (message === undefined || !isPage(message)) return message?.slice(0, mostCharacters);
  const [, title] = /<title>\s*([^<]{1,100}?)\s*<\/title>/i.exec(message) ?? [];
  return title === undefined ? 'a web page' : `the web page "${title.replaceAll('&middot;', '·')}"`;
}

const isPage = (message: string) => /^\s*<(?:!doctype|html)/i.test(message);
