/** `npm run iam`: writes docs/IAM.md anew, as its test wants it. */
import { writeFileSync } from 'node:fs';
import { documentPath, freshDocument } from './fresh-document.ts';

writeFileSync(documentPath, freshDocument());
process.stdout.write(`Written: ${documentPath}\n`);
