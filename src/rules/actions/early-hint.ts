/**
 * A 103 response with header lines, before any other. Rules that follow each other make one response, as far as they have
 * no condition: as in HAProxy, a condition begins a new one. Specification: configuration manual 4.2 `http-request
 * early-hint`; RFC 8297.
 */
import { linkFormat } from '../../expr/log-format/format-text.ts';
import { scratchBytes } from '../../expr/scratch.ts';
import { registerAction } from '../action-record.ts';
import type { HttpTarget } from '../target.ts';
import { CONTINUE, DONE } from '../verdict.ts';
import { type HeaderData, readHeader } from './headers.ts';

const NAME = 'early-hint';
const START = Buffer.from('HTTP/1.1 103 Early Hints\r\n', 'latin1');

/** The response that is being made: of one thread, and complete before anything else is done. */
let area = new Uint8Array(0);
let length = 0;

registerAction<HeaderData>({
  name: NAME,
  ruleSets: ['http-request'],
  syntax: '<name> <fmt>',
  doc: 'Tells the client a header line at once, in a 103 response.',
  manual: '4.2',
  parse: readHeader,
  link: (data, linker, _ruleSet, next) => {
    const name = Buffer.from(`${data.name}: `, 'latin1');
    const value = linkFormat(data.value, linker);
    const goesOn = next?.action === NAME && next.condition === undefined;
    return (target) => {
      const http = target.httpTarget as HttpTarget;
      // HTTP/1.0 knows nothing of responses before the response.
      if (!http.takesInterim) return CONTINUE;
      if (length === 0) {
        if (area.length !== scratchBytes()) area = new Uint8Array(scratchBytes());
        area.set(START);
        length = START.length;
      }
      const limit = area.length - 4;
      if (length + name.length > limit) return tooLong(http);
      area.set(name, length);
      const end = value.write(target, area, length + name.length, limit);
      if (end >= limit) return tooLong(http);
      area[end] = 13;
      area[end + 1] = 10;
      length = end + 2;
      if (goesOn) return CONTINUE;
      const whole = length;
      length = 0;
      return http.sendInterim(area, whole) ? CONTINUE : DONE;
    };
  },
});

function tooLong(http: HttpTarget): number {
  length = 0;
  return http.rewriteFailed();
}
