/** docs/IAM.md as it should read now: from the templates with every option in use, and from the code. */
import { join } from 'node:path';
import { synthesized } from '../stacks/assembly.ts';
import { iamDocument } from './document.ts';
import { everyOption } from './every-option.ts';
import { peoplePart } from './people-part.ts';
import { type Policy, readPolicies } from './platform-policies.ts';
import { root } from './source-files.ts';

export const documentPath = join(root, 'docs', 'IAM.md');

export const freshDocument = (): string => iamDocument(everyPolicy(), peoplePart);

/** Of all stacks, with every option in use. */
export function everyPolicy(): Policy[] {
  const app = synthesized(everyOption);
  try {
    return readPolicies(app.folder, everyOption.environment);
  } finally {
    app.dispose();
  }
}
