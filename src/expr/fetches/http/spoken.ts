/**
 * Whether what a client says is HTTP: also in TCP mode, where nobody has read it yet. Specification: configuration manual
 * 7.3.6 `req.proto_http`; that a whole head is waited for was found by watching HAProxy 2.6.
 */
import { u8 } from '../../../os/arena.ts';
import { COMPLETE, NEED_MORE } from '../../../protocol/http1/head-parser.ts';
import { HeaderBlock, noEdits } from '../../../protocol/http1/header-block.ts';
import { RequestParser } from '../../../protocol/http1/request-parser.ts';
import { noArguments } from '../../argument.ts';
import { type Fetch, type FetchRecord, registerFetches } from '../../fetch-record.ts';
import { T_BOOL } from '../../sample.ts';
import { nextScratch } from '../../scratch.ts';

function link(maxHeaders: number): Fetch {
  const parser = new RequestParser(new HeaderBlock(maxHeaders, noEdits));
  return (scope, sample) => {
    if (scope.requestFacts !== null) return sample.setBool(true);
    const window = scope.rawRequest;
    if (window === null) return false;
    // A copy: the parser changes names to lower case where they lie, and these bytes go on as they came.
    const area = nextScratch();
    const length = Math.min(window.tail - window.head, area.length);
    for (let i = 0; i < length; i++) area[i] = u8[window.head + i] as number;
    parser.begin(0);
    const verdict = parser.parse(area, length);
    if (verdict === NEED_MORE) sample.mayChange = true;
    return verdict === COMPLETE && sample.setBool(true);
  };
}

registerFetches(
  ...['req.proto_http', 'req_proto_http'].map(
    (name): FetchRecord => ({
      name,
      arguments: noArguments,
      type: T_BOOL,
      layers: ['requestKept'],
      doc: 'The request is HTTP.',
      manual: '7.3.6',
      link: (_args, { configuration }) => link(configuration.global.tune.httpMaxHeaders),
    }),
  ),
);
