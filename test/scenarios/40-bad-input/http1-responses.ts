// Responses, well-formed and not, get the recorded verdicts: what the client receives, whether it may go on, whether
// the server's connection is used again (never, after any doubt about the framing), what is logged.

import { checkWhole } from '../../corpus/check.ts';
import { http1Responses } from '../../corpus/http1-responses.ts';
import { scenario } from '../../harness/scenario.ts';

scenario('every response of the corpus gets its recorded verdict', { timeoutMs: 180_000 }, (t) =>
  checkWhole(t, 'http1-responses', http1Responses),
);
