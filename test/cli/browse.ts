/** The operator's browser in the manifest flow: it opens what the command printed, and does what the pages say. */

/** What a browser does: opens the page, sends its form to GitHub, and follows GitHub back. */
export async function browse(printed: () => { out: string }): Promise<string> {
  let address: string | undefined;
  while (!address) {
    address = /http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(printed().out)?.[0];
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const page = await (await fetch(address)).text();
  const plain = (text: string) =>
    text.replace(/&#(\d+);/g, (_all, code) => String.fromCodePoint(Number(code)));
  const action = plain(/action="([^"]+)"/.exec(page)?.[1] ?? '');
  const manifest = plain(/name="manifest" value="([^"]+)"/.exec(page)?.[1] ?? '');
  const answer = await fetch(action, { method: 'POST', body: new URLSearchParams({ manifest }) });
  return answer.text();
}
