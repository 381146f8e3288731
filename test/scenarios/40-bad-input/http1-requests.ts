// Requests, well-formed and not, get the recorded verdicts: the answer's bytes, what becomes of the connection, what
// reaches a server (nothing, of a malformed one), what is logged; and how the bytes are split does not matter.

import { checkByteByByte, checkSplit, checkWhole } from '../../corpus/check.ts';
import { http1Requests } from '../../corpus/http1-requests.ts';
import { scenario } from '../../harness/scenario.ts';

/** Families whose cases are short and whose bytes have structure: those that a split can catch out. */
const SPLIT = /^(request line|line end|header|Host|both framings|two |chunks|trailer|pipeline|hop by hop): /;
/** A few of each kind, for every boundary. */
const SPLIT_AT_EVERY_BYTE =
  /^(request line: (plain|tabs|four|HTTP\/0)|line end: (LF|CR)|header: (fold with a|empty name$|space before)|Host: twice|both framings: (encoding first|a request)|two .*(3 and 4|chunked" and "chunked)|chunks: (several|nothing|LF|data)|trailer: (two|fold|no colon)|pipeline: )/;

const LARGE_BYTES = 400;

function small(pattern: RegExp): typeof http1Requests {
  return http1Requests.filter(
    ({ name, request }) => pattern.test(name) && request.join('').length <= LARGE_BYTES,
  );
}

scenario('every request of the corpus gets its recorded verdict', { timeoutMs: 180_000 }, (t) =>
  checkWhole(t, 'http1-requests', http1Requests),
);

scenario('requests that come byte by byte get the same verdicts', { timeoutMs: 180_000, nbthread: 1 }, (t) =>
  checkByteByByte(t, 'http1-requests', small(SPLIT)),
);

scenario('requests split at any byte get the same verdicts', { timeoutMs: 180_000, nbthread: 1 }, (t) =>
  checkSplit(t, 'http1-requests', small(SPLIT_AT_EVERY_BYTE)),
);
