// Records what the installed HAProxy says of every keyword with right and wrong arguments:
// node dist/test/corpus/record-config-lines.js. It is run by hand when keywords are added.

import '../../src/features/all.ts';
import { haproxyVerdicts } from '../unit/config/haproxy-verdict.ts';
import { generateCases, textOf, writeRecord } from './config-lines.ts';

const cases = generateCases();
writeRecord(cases, await haproxyVerdicts(cases.map(textOf)));
process.stdout.write(`${cases.length} cases recorded\n`);
