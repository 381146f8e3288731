/** Lines about captures, right and wrong, for the record of config-lines.ts: they stand in rules as well as by themselves. */
import type { LineCase } from './config-lines.ts';

const sections = ['defaults', 'frontend', 'listen', 'backend'];

const keywords = [
  'capture',
  'capture x',
  'capture request',
  'capture request x',
  'capture request x len 3',
  'capture request header',
  'capture request header x',
  'capture request header x len',
  'capture request header x y 3',
  'capture request header x len 3',
  'capture request header x len y',
  'capture request header x len -1',
  'capture request header x len 99999999999',
  'capture request header x len 3 y',
  'capture request header "" len 3',
  'capture response header',
  'capture response header x len',
  'capture response header x len 3',
  'capture response header x len 3 y',
  'capture response x len 3',
  'capture cookie',
  'capture cookie x',
  'capture cookie x len',
  'capture cookie x len 3',
  'capture cookie x y 3',
  'capture cookie x= len y',
  'capture cookie x len 3 y',
  'capture cookie x len 63',
  'capture cookie x len 64',
  'capture cookie x len 64\n capture cookie y len 3',
  'declare',
  'declare x',
  'declare capture',
  'declare capture x',
  'declare capture request',
  'declare capture request x',
  'declare capture request len',
  'declare capture request len x',
  'declare capture request len 3x',
  'declare capture request len 0',
  'declare capture request len -1',
  'declare capture request len 3',
  'declare capture request len 99999999999',
  'declare capture request len 3 x',
  'declare capture response',
  'declare capture response len 3',
];

const requests = [
  '',
  'src',
  'src len',
  'src len 3',
  'src len 3x',
  'src len x',
  'src len 0',
  'src len -1',
  'src len 3 x',
  'src len 3 if TRUE',
  'src len if TRUE',
  'src id',
  'src id 0',
  'src id x',
  'src id 3x',
  'src id -1',
  'src id 99999999999',
  'src id 0 unless TRUE',
  'src x 3',
  'src if TRUE',
  'if TRUE',
  'len 3',
  'x len 3',
  'src,x len 3',
  'res.hdr(x) len 3',
  'req.hdr(x) len 3',
  'capture.req.hdr(0) len 3',
  'capture.req.hdr len 3',
  'capture.req.hdr(x) len 3',
  'src,capture-req(0) len 3',
  'src,capture-req len 3',
];

const responses = [
  '',
  'src',
  'src id',
  'src id 0',
  'src id x',
  'src id 0 x',
  'src id 0 if TRUE',
  'src len 3',
  'src id if TRUE',
  'x id 0',
  'req.hdr(x) id 0',
  'res.hdr(x) id 0',
];

const contents = [
  '',
  'src',
  'src len',
  'src len x',
  'src len 0',
  'src len 3',
  'src len 3x',
  'src len 3 x',
  'src len 3 if TRUE',
  'src id 0',
  'x len 3',
  'if TRUE',
  'src if TRUE',
  'res.hdr(x) len 3',
  'req.len len 3',
  'src len 3 if { req.len gt 1 }',
];

/** Slots that are there, and those of the other direction. */
const together = [
  'mode http\n http-request capture src id 0\n declare capture request len 3',
  'mode http\n http-request capture src id 1\n declare capture request len 3',
  'mode http\n http-request capture src id 0\n declare capture response len 3',
  'mode http\n http-response capture src id 0\n declare capture response len 3',
  'mode http\n http-response capture src id 0\n declare capture request len 3',
  'mode http\n http-after-response capture src id 1\n capture response header x len 3',
  'mode http\n capture request header x len 3\n http-request capture src len 3\n http-request capture src id 2',
  'mode tcp\n tcp-request inspect-delay 1s\n tcp-request content capture req.len len 3',
  'mode http\n log-format %[capture.req.hdr(0)]%[capture.res.hdr(0)]%[capture.req.ver]%[capture.res.ver]%hr%hsl%CC',
  'mode tcp\n log-format %hr%hs%hrl%hsl',
  'mode tcp\n log-format %CC',
  'mode tcp\n log-format %CS',
  'mode http\n http-request set-header x %[capture.res.hdr(0)]',
  'mode http\n http-request set-header x %[capture.res.ver]',
];

export function captureCases(): LineCase[] {
  const lines = [
    ...keywords,
    ...requests.map((words) => `mode http\n http-request capture ${words}`.trimEnd()),
    ...responses.flatMap((words) =>
      ['http-response', 'http-after-response'].map((set) => `mode http\n ${set} capture ${words}`.trimEnd()),
    ),
    ...contents.map((words) => `tcp-request content capture ${words}`.trimEnd()),
    'tcp-request connection capture src len 3',
    'tcp-request session capture src len 3',
    ...together,
  ];
  return sections
    .flatMap((section) => lines.map((line) => ({ section, line })))
    .filter(({ section, line }) => section !== 'defaults' || !isRule(line));
}

/** Rules may only stand in named `defaults` sections, which these are not. */
function isRule(line: string): boolean {
  return /-re(quest|sponse) /.test(line);
}
