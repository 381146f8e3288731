/**
 * Log variables about time: dates, and the timers, all of them differences between the record's phases.
 * Specification: configuration manual, 8.2.6 and 8.4.
 */
import { DATE_BYTES, secondText, ZONE_BYTES } from '../../protocol/syslog/date-text.ts';
import { HEX, type LineWriter } from './line-writer.ts';
import type { LogRecord } from './log-record.ts';
import { registerLogVariables } from './log-variable.ts';

const PLUS = 0x2b;
const DOT = 0x2e;

function requestDateMs(record: LogRecord): number {
  return record.acceptDateMs + record.handshakeMs + record.idleMs;
}

/** `20/Nov/2026:10:42:41.680`, local time. */
export function writeDateWithMilliseconds(dateMs: number, line: LineWriter): void {
  const second = Math.floor(dateMs / 1000);
  if (!line.fits(DATE_BYTES + 4)) return;
  line.whole(secondText(second).local, DATE_BYTES);
  line.byte(DOT);
  line.milliseconds(Math.floor(dateMs - second * 1000));
}

function writeUtcDate(dateMs: number, line: LineWriter): void {
  line.whole(secondText(Math.floor(dateMs / 1000)).utc, DATE_BYTES + ZONE_BYTES);
}

function writeLocalDate(dateMs: number, line: LineWriter): void {
  line.whole(secondText(Math.floor(dateMs / 1000)).local, DATE_BYTES + ZONE_BYTES);
}

/** A time that goes on growing when the line is written early. */
function writeGrowing(record: LogRecord, line: LineWriter, timeMs: number): void {
  if (record.partial) line.byte(PLUS);
  line.decimal(timeMs);
}

registerLogVariables([
  {
    name: 't',
    doc: 'Date of accept with milliseconds, local time.',
    type: 'date',
    needs: 'session',
    write: (record, line) => writeDateWithMilliseconds(record.acceptDateMs, line),
  },
  {
    name: 'T',
    doc: 'Date of accept in GMT.',
    type: 'date',
    needs: 'session',
    write: (record, line) => writeUtcDate(record.acceptDateMs, line),
  },
  {
    name: 'Tl',
    doc: 'Date of accept in local time, with its distance to GMT.',
    type: 'date',
    needs: 'session',
    write: (record, line) => writeLocalDate(record.acceptDateMs, line),
  },
  {
    name: 'Ts',
    doc: 'Date of accept in seconds since 1970.',
    type: 'numeric',
    needs: 'session',
    write: (record, line, flags) => {
      const second = Math.floor(record.acceptDateMs / 1000);
      if (flags & HEX) line.hex(second, 4);
      else line.decimal(second);
    },
  },
  {
    name: 'ms',
    doc: 'Milliseconds of the date of accept, three digits.',
    type: 'numeric',
    needs: 'session',
    write: (record, line, flags) => {
      const milliseconds = Math.floor(record.acceptDateMs) % 1000;
      if (flags & HEX) line.hex(milliseconds, 2);
      else line.milliseconds(milliseconds);
    },
  },
  {
    name: 'tr',
    doc: 'Date of the first byte of the request with milliseconds, local time.',
    type: 'date',
    needs: 'session',
    httpOnly: true,
    write: (record, line) => writeDateWithMilliseconds(requestDateMs(record), line),
  },
  {
    name: 'trg',
    doc: 'Date of the first byte of the request in GMT.',
    type: 'date',
    needs: 'session',
    httpOnly: true,
    write: (record, line) => writeUtcDate(requestDateMs(record), line),
  },
  {
    name: 'trl',
    doc: 'Date of the first byte of the request in local time, with its distance to GMT.',
    type: 'date',
    needs: 'session',
    httpOnly: true,
    write: (record, line) => writeLocalDate(requestDateMs(record), line),
  },
  {
    name: 'Th',
    doc: 'Time of handshakes: PROXY protocol, TLS.',
    type: 'numeric',
    needs: 'end',
    write: (record, line) => line.decimal(record.handshakeMs),
  },
  {
    name: 'Ti',
    doc: 'Idle time before the first byte of the request.',
    type: 'numeric',
    needs: 'end',
    httpOnly: true,
    write: (record, line) => line.decimal(record.idleMs),
  },
  {
    name: 'TR',
    doc: 'Time from the first byte of the request to the end of its headers.',
    type: 'numeric',
    needs: 'end',
    httpOnly: true,
    write: (record, line) => {
      line.decimal(record.requestAtMs >= 0 ? record.requestAtMs - record.idleMs - record.handshakeMs : -1);
    },
  },
  {
    name: 'Tq',
    doc: 'Time from accept to the end of the request headers: Th + Ti + TR.',
    type: 'numeric',
    needs: 'end',
    httpOnly: true,
    write: (record, line) => line.decimal(record.requestAtMs >= 0 ? record.requestAtMs : -1),
  },
  {
    name: 'Tw',
    doc: 'Time spent in queues. In TCP it starts one millisecond before accept, as in HAProxy.',
    type: 'numeric',
    needs: 'end',
    write: (record, line) => {
      line.decimal(record.queuedAtMs >= 0 ? record.queuedAtMs - record.requestAtMs : -1);
    },
  },
  {
    name: 'Tc',
    doc: 'Time to connect to the server, retries included.',
    type: 'numeric',
    needs: 'end',
    write: (record, line) => {
      line.decimal(record.connectedAtMs >= 0 ? record.connectedAtMs - record.queuedAtMs : -1);
    },
  },
  {
    name: 'Tr',
    doc: 'Time that the server took to send the response headers.',
    type: 'numeric',
    needs: 'end',
    httpOnly: true,
    write: (record, line) => {
      line.decimal(record.responseAtMs >= 0 ? record.responseAtMs - record.connectedAtMs : -1);
    },
  },
  {
    name: 'Td',
    doc: 'Time to transfer the data behind the response headers; in TCP, behind the connection.',
    type: 'numeric',
    needs: 'end',
    write: (record, line) => {
      line.decimal(record.responseAtMs >= 0 ? record.closedAtMs - record.responseAtMs : -1);
    },
  },
  {
    name: 'Ta',
    doc: 'Time from the first byte of the request to the last byte of the response.',
    type: 'numeric',
    needs: 'end',
    httpOnly: true,
    write: (record, line) => {
      writeGrowing(record, line, record.closedAtMs - record.handshakeMs - record.idleMs);
    },
  },
  {
    name: 'Tt',
    doc: 'Time from accept to the end.',
    type: 'numeric',
    needs: 'end',
    write: (record, line) => writeGrowing(record, line, record.closedAtMs),
  },
  {
    name: 'Tu',
    doc: 'Time as the user sees it: Tt without idle time.',
    type: 'numeric',
    needs: 'end',
    write: (record, line) => writeGrowing(record, line, record.closedAtMs - record.idleMs),
  },
]);
