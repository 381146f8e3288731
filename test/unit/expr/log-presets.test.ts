/** Holds the ready-made log lines to those of HAProxy 2.6.12. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogProcess, LogRecord } from '../../../src/expr/log-format/log-record.ts';
import { connectionErrorFormat, type LogPreset, presetFormat } from '../../../src/expr/log-format/presets.ts';
import {
  handshakeErrorMessage,
  PROXY_NOT_A_HEADER,
} from '../../../src/protocol/proxy-protocol/handshake-error.ts';
import { exampleCaptures } from './example-captures.ts';

process.env['TZ'] = 'UTC';
const latin1 = (text: string) => Buffer.from(text, 'latin1');

function write(preset: LogPreset | 'error', record: LogRecord): string {
  const u8 = new Uint8Array(1023);
  const format = preset === 'error' ? connectionErrorFormat() : presetFormat(preset);
  return Buffer.from(u8.subarray(0, format.write(record, u8, 0, u8.length))).toString('latin1');
}

function setBytes(slot: { set(u8: Uint8Array, start: number, end: number): void }, text: string): void {
  slot.set(latin1(text), 0, text.length);
}

/** A request as in the captures, of the frontend that is named. */
function request(frontend: string, captures: boolean): LogRecord {
  const record = new LogRecord(new LogProcess());
  record.client.setText('127.0.0.1', 40000);
  record.frontendAddress.setText('127.0.0.1', 18020);
  record.frontendName = latin1(frontend);
  record.frontendIsHttp = true;
  record.backendName = latin1('be');
  record.serverName = latin1('srv1');
  record.acceptDateMs = Date.UTC(2026, 10, 20, 10, 50, 23, 253);
  record.requestAtMs = 0;
  record.queuedAtMs = 0;
  record.connectedAtMs = 0;
  record.responseAtMs = 0;
  record.closedAtMs = 0;
  record.status = 200;
  record.bytesRead = 107;
  record.activeConnections = 1;
  record.frontendConnections = 1;
  setBytes(record.requestLine, 'GET /p/a%20b?x=1&y="z"{|}\\] HTTP/1.1');
  if (captures) {
    record.captures = exampleCaptures();
  }
  return record;
}

/** A request that was refused before it was one. */
function bad(frontend: string): LogRecord {
  const record = request(frontend, false);
  record.backendName = record.frontendName;
  record.serverName = new Uint8Array(0);
  record.requestAtMs = record.queuedAtMs = record.connectedAtMs = record.responseAtMs = -1;
  record.status = 400;
  record.bytesRead = 0;
  record.termination.set(latin1('PR--'));
  record.requestLine.clear();
  return record;
}

const REQUEST = 'GET /p/a%20b?x=1&y=#22z#22{|}\\] HTTP/1.1';
const HEADERS = '{h.example:80|curl/#227#22 #7Ba#7Cb#7D #23\\]#FF|} {s#7B1#7D|b}';

test('the line of a frontend without a format', () => {
  const record = request('dflt', false);
  assert.equal(write('default', record), 'Connect from 127.0.0.1:40000 to 127.0.0.1:18020 (dflt/HTTP)');
  record.frontendIsHttp = false;
  assert.equal(write('default', record), 'Connect from 127.0.0.1:40000 to 127.0.0.1:18020 (dflt/TCP)');
  record.frontendIsHttp = true;
  record.client.setUnix('');
  record.frontendAddress.setUnix('/run/x');
  record.listenerId = 1;
  assert.equal(write('default', record), 'Connect to unix:1 (dflt/HTTP)');
});

test('option tcplog', () => {
  const record = request('tcplog', false);
  record.backendName = latin1('bet');
  record.requestAtMs = -1;
  record.bytesRead = 9;
  assert.equal(
    write('tcplog', record),
    '127.0.0.1:40000 [20/Nov/2026:10:50:23.253] tcplog bet/srv1 1/0/0 9 -- 1/1/0/0/0 0/0',
  );
  record.partial = true;
  record.bytesRead = 0;
  record.backendConnections = 1;
  record.serverConnections = 1;
  assert.equal(
    write('tcplog', record),
    '127.0.0.1:40000 [20/Nov/2026:10:50:23.253] tcplog bet/srv1 1/0/+0 +0 -- 1/1/1/1/0 0/0',
  );
});

test('option httplog', () => {
  const start = '127.0.0.1:40000 [20/Nov/2026:10:50:23.253]';
  assert.equal(
    write('httplog', request('httplog', false)),
    `${start} httplog be/srv1 0/0/0/0/0 200 107 - - ---- 1/1/0/0/0 0/0 "${REQUEST}"`,
  );
  assert.equal(
    write('httplog', request('httplogc', true)),
    `${start} httplogc be/srv1 0/0/0/0/0 200 107 SID=abc SID=new"1; path=/ ---- 1/1/0/0/0 0/0 ${HEADERS} "${REQUEST}"`,
  );
  assert.equal(
    write('httplog', bad('httplog')),
    `${start} httplog httplog/<NOSRV> -1/-1/-1/-1/0 400 0 - - PR-- 1/1/0/0/0 0/0 "<BADREQ>"`,
  );
  const redispatched = request('redis', false);
  redispatched.responseAtMs = redispatched.closedAtMs = 2;
  redispatched.retries = 1;
  redispatched.redispatched = true;
  assert.equal(
    write('httplog', redispatched),
    `${start} redis be/srv1 0/0/0/2/2 200 107 - - ---- 1/1/0/0/+1 0/0 "${REQUEST}"`,
  );
});

test('option httplog clf', () => {
  const start = '127.0.0.1 - - [20/Nov/2026:10:50:23 +0000]';
  assert.equal(
    write('clf', request('clf', false)),
    `${start} "${REQUEST}" 200 107 "" "" 40000 253 "clf" "be" "srv1" 0 0 0 0 0 ---- 1 1 0 0 0 0 0 "" "" `,
  );
  assert.equal(
    write('clf', request('clfc', true)),
    `${start} "${REQUEST}" 200 107 "" "" 40000 253 "clfc" "be" "srv1" 0 0 0 0 0 ---- 1 1 0 0 0 0 0 "SID=abc" "SID=new"1; path=/" "h.example:80" "curl/#227#22 #7Ba#7Cb#7D #23\\]#FF" "" "s#7B1#7D" "b"`,
  );
  assert.equal(
    write('clf', bad('clf')),
    `${start} "<BADREQ>" 400 0 "" "" 40000 253 "clf" "clf" "<NOSRV>" -1 -1 -1 -1 0 PR-- 1 1 0 0 0 0 0 "" "" `,
  );
});

test('option httpslog without TLS', () => {
  const start = '127.0.0.1:40000 [20/Nov/2026:10:50:23.253]';
  assert.equal(
    write('httpslog', request('httpslogc', true)),
    `${start} httpslogc be/srv1 0/0/0/0/0 200 107 SID=abc SID=new"1; path=/ ---- 1/1/0/0/0 0/0 ${HEADERS} "${REQUEST}" 0/-/-/-/0 -/-/-`,
  );
  assert.equal(
    write('httpslog', bad('httpslog')),
    `${start} httpslog httpslog/<NOSRV> -1/-1/-1/-1/0 400 0 - - PR-- 1/1/0/0/0 0/0 "<BADREQ>" 0/-/-/-/0 -/-/-`,
  );
});

test('the line of a failed connection', () => {
  const record = bad('errd');
  record.listenerId = 1;
  record.listenerName = latin1('bindname');
  record.connectionError = PROXY_NOT_A_HEADER;
  const message = handshakeErrorMessage(PROXY_NOT_A_HEADER)!;
  record.connectionErrorText = latin1(message);
  assert.equal(
    write('error', record),
    `127.0.0.1:40000 [20/Nov/2026:10:50:23.253] errd/bindname: ${message}`,
  );
  record.listenerName = new Uint8Array(0);
  record.client.setUnix('');
  assert.equal(write('error', record), `unix:1 [20/Nov/2026:10:50:23.253] errd/1: ${message}`);
});
