// The corpus of HTTP/1 requests, well-formed and not. It lists cases; verdicts stand in http1-requests.verdicts.

import type { CorpusCase } from './case.ts';
import { requestBodyCases } from './http1-request-bodies.ts';
import { requestHeadCases } from './http1-request-heads.ts';

export const http1Requests: readonly CorpusCase[] = [...requestHeadCases, ...requestBodyCases];
