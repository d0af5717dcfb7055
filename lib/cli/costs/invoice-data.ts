/** An invoice as comma-separated values, in dollars, and as JSON, in micro-dollars. */
import type { Invoice } from '../../core/invoice.ts';
import { exactDollars } from '../../core/micros.ts';
import { csvText } from './csv.ts';

export interface InvoiceState {
  /** It includes all machines of the month. */
  readonly isComplete: boolean;
  /** Some days are no longer stored. */
  readonly isPartlyGone: boolean;
}

/** What keeps the invoice from being final, a sentence for each. */
export const noticesOf = ({ isComplete, isPartlyGone }: InvoiceState): readonly string[] => [
  ...(isComplete ? [] : ['Preliminary: some machines of this period are not accounted for yet.']),
  ...(isPartlyGone ? ['Records of some days are gone: the amounts are too low.'] : []),
];

export function invoiceCsv({ month, installationId, account, lines, free, total }: Invoice): string {
  const head = ['month', 'installation', 'account', 'tier', 'repository', 'workflow', 'basis'];
  const of = [month, String(installationId), csvText(account)];
  const rows = lines.map(({ tier, repository = '', workflow = '', basis, jobs, minutes, amount }) => [
    ...of,
    ...[
      tier,
      csvText(repository),
      csvText(workflow),
      basis,
      String(jobs),
      String(minutes),
      exactDollars(amount),
    ],
  ]);
  const last = (what: string, minutes: string, amount: number) => [
    ...[...of, '', '', '', what, '', minutes],
    exactDollars(amount),
  ];
  return [
    [...head, 'jobs', 'minutes', 'dollars'],
    ...rows,
    ...(free.minutes === 0 ? [] : [last('free minutes', String(free.minutes), -free.amount)]),
    last('total', '', total),
  ]
    .map((cells) => `${cells.join(',')}\n`)
    .join('');
}

export const invoiceJson = (invoice: Invoice, state: InvoiceState): string =>
  `${JSON.stringify({ unit: 'micro-dollars', ...state, ...invoice })}\n`;
