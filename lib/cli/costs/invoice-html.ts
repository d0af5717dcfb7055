/**
 * An invoice as a self-contained page: no script, nothing loaded from elsewhere, and every name from outside escaped.
 * It is made for printing, and readable in light and dark mode.
 */
import type { Invoice, InvoiceLine } from '../../core/invoice.ts';
import { type InvoiceState, noticesOf } from './invoice-data.ts';

export function invoiceHtml(invoice: Invoice, state: InvoiceState): string {
  const { account, installationId, month, lines, free, total } = invoice;
  const name = monthName(month);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${text(`Invoice for ${account}, ${name}`)}</title>
<style>${style}</style>
</head>
<body>
<main>
<header>
<p class="kind">Invoice</p>
<h1>${text(account)}</h1>
<dl>
<div><dt>Period</dt><dd>${text(name)}</dd></div>
<div><dt>Installation</dt><dd>${installationId}</dd></div>
<div><dt>Currency</dt><dd>US dollars</dd></div>
</dl>
</header>
${notices(state)}<p class="total"><span>Total due</span> <strong>${dollars(total)}</strong></p>
${lines.length === 0 ? '<p>No machine ran a job in this period.</p>' : linesTable(lines, free)}
<footer>Runners for GitHub Actions. Each line is the time of the machines that ran the jobs of one workflow, on one size of runner.</footer>
</main>
</body>
</html>
`;
}

const notices = (state: InvoiceState): string =>
  noticesOf(state)
    .map((notice) => `<p class="notice" role="note">${notice}</p>\n`)
    .join('');

function linesTable(lines: readonly InvoiceLine[], free: Invoice['free']): string {
  const credit =
    free.minutes === 0
      ? ''
      : `<tr class="credit"><th scope="row" colspan="3">Free minutes</th><td>${number(free.minutes)}</td><td>−${dollars(free.amount)}</td></tr>\n`;
  return `<div class="scroll"><table>
<thead><tr><th scope="col">Repository and workflow</th><th scope="col">Runner</th><th scope="col">Jobs</th><th scope="col">Minutes</th><th scope="col">Amount</th></tr></thead>
<tbody>
${lines.map(lineRow).join('')}${credit}</tbody>
</table></div>`;
}

function lineRow({ repository, workflow, tier, jobs, minutes, basis, amount }: InvoiceLine): string {
  const at = basis === 'cost' ? ' <small>at cost</small>' : '';
  return `<tr><th scope="row">${text(repository ?? 'unknown repository')}<br><small>${text(workflow ?? 'unknown workflow')}</small></th><td>${text(tier)}${at}</td><td>${number(jobs)}</td><td>${number(minutes)}</td><td>${dollars(amount)}</td></tr>\n`;
}

/** Names come from GitHub's users, so characters that reverse the direction of text are removed too. */
const text = (words: string) =>
  words
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ')
    .replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);

const number = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 2 });
const dollars = (micros: number) =>
  (micros / 1_000_000).toLocaleString('en-US', { style: 'currency', currency: 'USD' });
const monthName = (month: string) =>
  new Date(`${month}-01`).toLocaleDateString('en-US', { year: 'numeric', month: 'long', timeZone: 'UTC' });

const style = `
:root { color-scheme: light dark; --ink: light-dark(#1c2733, #e6ebf1); --dim: light-dark(#5a6876, #9aa8b6);
  --line: light-dark(#dfe5eb, #33404d); --paper: light-dark(#fff, #182129); --back: light-dark(#f2f5f8, #0f161c);
  --mark: light-dark(#0b6e4f, #5fd3a8); --warn: light-dark(#fff4d6, #3d3312); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 52rem; margin: 2rem auto; padding: 2.5rem; background: var(--paper); border: 1px solid var(--line);
  border-radius: 10px; }
.kind { margin: 0; color: var(--mark); font-weight: 600; letter-spacing: .08em; text-transform: uppercase; font-size: .8rem; }
h1 { margin: .1rem 0 1rem; font-size: 1.9rem; line-height: 1.2; overflow-wrap: anywhere; }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; margin: 0 0 1.5rem; }
dt { color: var(--dim); font-size: .8rem; } dd { margin: 0; font-weight: 500; }
.notice { margin: 0 0 1rem; padding: .6rem .9rem; background: var(--warn); border-radius: 6px; }
.total { display: flex; justify-content: space-between; align-items: baseline; margin: 0 0 1.5rem; padding: 1rem 0;
  border-block: 2px solid var(--ink); font-size: 1.1rem; }
.total strong { font-size: 1.6rem; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .55rem .5rem; text-align: right; vertical-align: top; border-bottom: 1px solid var(--line);
  font-variant-numeric: tabular-nums; font-weight: 400; }
thead th { color: var(--dim); font-size: .8rem; border-bottom-color: var(--ink); white-space: nowrap; }
th:first-child, td:nth-child(2), thead th:nth-child(2) { text-align: left; }
tbody th { overflow-wrap: anywhere; } small { color: var(--dim); }
.credit th, .credit td { color: var(--mark); } .credit td { text-align: right !important; }
footer { margin-top: 2rem; color: var(--dim); font-size: .85rem; }
@media (max-width: 40rem) { main { margin: 0; padding: 1.25rem; border: 0; border-radius: 0; } }
@media print { :root { color-scheme: light; } body { background: none; } main { margin: 0; padding: 0; border: 0; max-width: none; }
  tr { break-inside: avoid; } }
`;
