/** Each view as a status and a page. */
import type { SetupView } from '../core/setup-view.ts';
import { choosePage } from './choose-page.ts';
import { donePage } from './done-page.ts';
import { existingPage } from './existing-page.ts';
import { closedPage, failedPage } from './message-page.ts';
import { reviewPage } from './review-page.ts';

export interface RenderedPage {
  readonly status: number;
  readonly body: string;
}

export function renderView(view: SetupView): RenderedPage {
  switch (view.view) {
    case 'not-found':
      return { status: 404, body: 'Not found\n' };
    case 'too-large':
      return { status: 413, body: 'Too large\n' };
    case 'opened':
      return { status: 303, body: '' };
    case 'choose':
      return { status: statusOf(view.faults), body: choosePage(view) };
    case 'existing':
      return { status: statusOf(view.faults), body: existingPage(view) };
    case 'review':
      return { status: 200, body: reviewPage(view) };
    case 'done':
      return { status: 200, body: donePage(view) };
    case 'closed':
      return { status: 410, body: closedPage(view) };
    case 'failed':
      return { status: 409, body: failedPage(view) };
  }
}

const statusOf = (faults: object) => (Object.keys(faults).length > 0 ? 422 : 200);
