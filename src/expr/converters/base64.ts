/**
 * base64 and base64url, each way. Specification: configuration manual 7.3.1, RFC 4648 4 and 5; what is accepted of
 * malformed text as observed on HAProxy 2.6.
 */
import { noArguments } from '../argument.ts';
import { decodeBase64, decodeBase64Url, encodeBase64 } from '../base64.ts';
import { registerConverters } from '../converter-record.ts';
import { T_BIN, T_STR } from '../sample.ts';
import { nextScratch } from '../scratch.ts';

registerConverters(
  {
    name: 'base64',
    arguments: noArguments,
    input: T_BIN,
    output: T_STR,
    doc: 'base64, with padding.',
    manual: '7.3.1',
    link: () => (sample) => {
      const area = nextScratch();
      const length = encodeBase64(sample.u8, sample.start, sample.end, area, false);
      return length >= 0 && sample.setString(area, 0, length);
    },
  },
  {
    name: 'ub64enc',
    arguments: noArguments,
    input: T_BIN,
    output: T_STR,
    doc: 'base64url, without padding.',
    manual: '7.3.1',
    link: () => (sample) => {
      const area = nextScratch();
      const length = encodeBase64(sample.u8, sample.start, sample.end, area, true);
      return length >= 0 && sample.setString(area, 0, length);
    },
  },
  {
    name: 'b64dec',
    arguments: noArguments,
    input: T_STR,
    output: T_BIN,
    doc: 'What base64 text stands for.',
    manual: '7.3.1',
    link: () => (sample) => {
      const area = nextScratch();
      const length = decodeBase64(sample.u8, sample.start, sample.end, area);
      return length >= 0 && sample.setBinary(area, 0, length);
    },
  },
  {
    name: 'ub64dec',
    arguments: noArguments,
    input: T_STR,
    output: T_BIN,
    doc: 'What base64url text stands for.',
    manual: '7.3.1',
    link: () => (sample) => {
      const area = nextScratch();
      const length = decodeBase64Url(sample.u8, sample.start, sample.end, area);
      return length >= 0 && sample.setBinary(area, 0, length);
    },
  },
);
