// What a frontend with three slots for requests, two for responses and a cookie has captured in recorded log lines.
import { type CapturedValue, Captures } from '../../../src/expr/captures/captures.ts';

const slot = { header: null, limit: 64 };

function set(value: CapturedValue | undefined, text: string): void {
  value?.set(Buffer.from(text, 'latin1'), 0, text.length);
}

export function exampleCaptures(): Captures {
  const captures = new Captures({
    request: [slot, slot, slot],
    response: [slot, slot],
    cookieName: Buffer.from('SID'),
    cookieLimit: 64,
  });
  set(captures.requestCookie, 'SID=abc');
  set(captures.responseCookie, 'SID=new"1; path=/');
  set(captures.request[0], 'h.example:80');
  set(captures.request[1], 'curl/"7" {a|b} #\\]\xff');
  set(captures.response[0], 's{1}');
  set(captures.response[1], 'b');
  return captures;
}
