/** `npm run coverage`: writes docs/coverage.md anew. */
import { writeFileSync } from 'node:fs';
import { coverageFile, coverageText } from './coverage.ts';

writeFileSync(coverageFile, coverageText());
