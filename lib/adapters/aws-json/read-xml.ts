/**
 * Reads the XML of EC2's answers: elements and texts, without attributes, comments or CDATA, which EC2 does not send. Whatever
 * is not whole is an error, never half an answer.
 */
export interface XmlElement {
  readonly name: string;
  /** Empty where it has elements. */
  text: string;
  readonly elements: XmlElement[];
}

const token = /<\?[^>]*\?>|<(\/?)([A-Za-z_][\w.:-]*)(?:\s[^<>]*?)?(\/?)>|([^<]+)/y;

/** @throws Error where the text is not one whole element */
export function readXml(xml: string): XmlElement {
  const document: XmlElement = { name: '', text: '', elements: [] };
  const open: XmlElement[] = [document];
  for (let at = 0; at < xml.length; at = token.lastIndex) {
    token.lastIndex = at;
    const [found, end, name, isEmpty, text] = token.exec(xml) ?? [];
    if (found === undefined) throw notWhole(xml, at);
    const inner = open.at(-1)!;
    if (text !== undefined) inner.text += unescaped(text);
    else if (end) closeElement(open, name!, () => notWhole(xml, at));
    else if (name !== undefined) {
      const element: XmlElement = { name, text: '', elements: [] };
      inner.elements.push(element);
      if (!isEmpty) open.push(element);
    }
  }
  const [root, ...others] = document.elements;
  if (open.length > 1 || !root || others.length > 0 || document.text.trim() !== '')
    throw notWhole(xml, xml.length);
  return root;
}

function closeElement(open: XmlElement[], name: string, fault: () => Error): void {
  const element = open.pop()!;
  if (element.name !== name) throw fault();
  if (element.elements.length > 0) element.text = '';
}

const notWhole = (xml: string, at: number) =>
  new Error(`The answer is not whole XML at character ${at}: ${xml.slice(Math.max(0, at - 40), at + 40)}`);

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescaped(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g, (whole, hex, decimal, name) => {
    if (name !== undefined) return named[name] ?? whole;
    return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
  });
}
