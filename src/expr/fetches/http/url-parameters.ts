/** Parameters of the query. Specification: configuration manual 7.3.6 `url_param`; delimiters as observed on HAProxy 2.6. */
import { u8 } from '../../../os/arena.ts';
import type { RequestParser } from '../../../protocol/http1/request-parser.ts';
import { type ArgumentValue, takesAtLeast, textOf } from '../../argument.ts';
import { type EachFetch, type Fetch, type FetchRecord, registerFetches } from '../../fetch-record.ts';
import { T_INT, T_STR } from '../../sample.ts';
import { Parameters } from './parameters.ts';
import { asInteger, asString, type Make, nameOf } from './value-forms.ts';

const parameters = new Parameters();

/** Opens the parameters of the target: behind its first delimiter. False when there is none. */
function openTarget(head: RequestParser, name: Uint8Array | null, delimiter: number): boolean {
  let at = head.targetStart;
  while (at < head.targetEnd && u8[at] !== delimiter) at++;
  if (at >= head.targetEnd) return false;
  parameters.open(u8, name, delimiter, at + 1, head.targetEnd);
  return true;
}

function delimiterOf(argument: ArgumentValue | undefined): number {
  return (textOf(argument) || '?').charCodeAt(0);
}

function first(make: Make): FetchRecord['link'] {
  return ([nameArgument, delimiterArgument]): Fetch => {
    const name = nameOf(nameArgument);
    const delimiter = delimiterOf(delimiterArgument);
    return (scope, sample) => {
      const head = scope.requestHead;
      if (head === null || !openTarget(head, name, delimiter) || !parameters.next()) return false;
      return make(sample, parameters.start, parameters.end);
    };
  };
}

function each(make: Make): NonNullable<FetchRecord['linkEach']> {
  return ([nameArgument, delimiterArgument]): EachFetch => {
    const name = nameOf(nameArgument);
    const delimiter = delimiterOf(delimiterArgument);
    return (scope, sample, index) => {
      const head = scope.requestHead;
      if (head === null || !openTarget(head, name, delimiter)) return false;
      for (let i = 0; i <= index; i++) if (!parameters.next()) return false;
      return make(sample, parameters.start, parameters.end);
    };
  };
}

function checkDelimiter(args: readonly ArgumentValue[]): string | undefined {
  const text = textOf(args[1]);
  return text === undefined || text.length === 1 ? undefined : 'delimiter must be a single character';
}

const strings = ['urlp', 'url_param'].map(
  (name): FetchRecord => ({
    name,
    arguments: takesAtLeast(0, 'string', 'string'),
    type: T_STR,
    layers: ['request'],
    doc: 'The first parameter of that name; the delimiter may replace the question mark.',
    manual: '7.3.6',
    check: checkDelimiter,
    link: first(asString),
    linkEach: each(asString),
  }),
);

registerFetches(...strings, {
  name: 'urlp_val',
  arguments: takesAtLeast(0, 'string', 'string'),
  type: T_INT,
  layers: ['request'],
  doc: 'The first parameter of that name as an integer.',
  manual: '7.3.6',
  check: checkDelimiter,
  link: first(asInteger),
  linkEach: each(asInteger),
});
