/** The frame of every page: language, title, style, and a card with the page's content. */
import { createHash } from 'node:crypto';
import { type Html, html } from './html.ts';
import { style } from './style.ts';

/** For the page's content security policy: this style and no other. */
export const styleHash = `'sha256-${createHash('sha256').update(style).digest('base64')}'`;

export interface DocumentOptions {
  readonly title: string;
  /** The deployment's name. */
  readonly environment?: string;
  readonly footer?: Html;
}

export function document({ title, environment, footer }: DocumentOptions, body: Html): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Mayfly</title><style>${{ html: style }}</style></head>
<body><main><header>${mark}<span><b>Mayfly</b>${environment !== undefined && html` · ${environment}`}</span></header>
<div class="card"><h1>${title}</h1>${body}</div>${footer && html`<footer>${footer}</footer>`}</main></body></html>
`.html;
}

/** Two wings and a body. */
const mark = html`<svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.7"
stroke-linecap="round" stroke-linejoin="round"><path d="M12 6v14"/><path d="M12 9C9 3 3 3 2 6s4 6 10 5"/>
<path d="M12 9c3-6 9-6 10-3s-4 6-10 5"/><path d="M12 12c-4 0-7 2-6 5 1 2 5 0 6-4"/><path d="M12 12c4 0 7 2 6 5-1 2-5 0-6-4"/></svg>`;
