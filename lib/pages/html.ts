/** Builds pages as text and escapes every value unless it is part of the page itself: input is never markup. */
export interface Html {
  readonly html: string;
}

type Value = string | number | Html | undefined | false | readonly Html[];

/** html`<p>${anything}</p>` */
export function html(texts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return { html: texts.reduce((whole, text, at) => whole + shown(values[at - 1]) + text) };
}

function shown(value: Value): string {
  if (value === undefined || value === false) return '';
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value));
  if ('html' in value) return value.html;
  return value.map((part) => part.html).join('');
}

export const escapeHtml = (text: string) =>
  text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
