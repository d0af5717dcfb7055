/** Text and trees as XML, for the answers of the query protocol. It does not parse. */

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => entities[sign]!);
}

/** One element; `content` is already XML. */
export function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}
