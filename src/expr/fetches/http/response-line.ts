/** The status line. Specification: configuration manual 7.3.6 `status`, `res.ver`. */
import { u8 } from '../../../os/arena.ts';
import { noArguments } from '../../argument.ts';
import { type Fetch, type FetchRecord, registerFetches } from '../../fetch-record.ts';
import { T_INT, T_STR } from '../../sample.ts';

registerFetches(
  {
    name: 'status',
    arguments: noArguments,
    type: T_INT,
    layers: ['responseKept'],
    doc: 'The status of the response.',
    manual: '7.3.6',
    link: (): Fetch => (scope, sample) => {
      const head = scope.responseHead;
      if (head !== null) return sample.setInt(head.status);
      return scope.responseStatus > 0 && sample.setInt(scope.responseStatus);
    },
  },
  ...['res.ver', 'resp_ver'].map(
    (name): FetchRecord => ({
      name,
      arguments: noArguments,
      type: T_STR,
      layers: ['response'],
      doc: 'The version of the response: 1.1 for HTTP/1.1.',
      manual: '7.3.6',
      link: (): Fetch => (scope, sample) => {
        const head = scope.responseHead;
        return head !== null && sample.setString(u8, head.block.start + 5, head.versionEnd);
      },
    }),
  ),
);
