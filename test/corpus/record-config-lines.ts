// Records what the installed HAProxy says of every keyword with right and wrong arguments:
// node dist/test/corpus/record-config-lines.js [PATTERN]. It is run by hand when keywords are added; with a pattern
// (a regular expression) only lines that match it are asked about anew.

import '../../src/features/all.ts';
import { haproxyVerdicts } from '../unit/config/haproxy-verdict.ts';
import { generateCases, type LineCase, readRecord, textOf, writeRecord } from './config-lines.ts';

const pattern = new RegExp(process.argv[2] ?? '');
const asked = ({ line }: LineCase) => pattern.test(line);
const cases = generateCases().filter(asked);
const kept = readRecord().filter(({ each }) => !asked(each));
writeRecord(cases, await haproxyVerdicts(cases.map(textOf)), kept);
process.stdout.write(`${cases.length} cases recorded\n`);
