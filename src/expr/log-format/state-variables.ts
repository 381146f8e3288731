/**
 * Log variables about how a session went: bytes, termination, connection counts, queues, counters, the process.
 * Specification: configuration manual, 8.2.6.
 */
import { HEX, type LineWriter } from './line-writer.ts';
import { registerLogVariables } from './log-variable.ts';

const PLUS = 0x2b;

function writeCounter(value: number, line: LineWriter, flags: number): void {
  if (flags & HEX) line.hex(value, 4);
  else line.decimal(value);
}

registerLogVariables([
  {
    name: 'B',
    doc: 'Bytes sent to the client; with `+` when the line is written early.',
    type: 'numeric',
    needs: 'end',
    write: (record, line) => {
      if (record.partial) line.byte(PLUS);
      line.decimal(record.bytesRead);
    },
  },
  {
    name: 'U',
    doc: 'Bytes sent to the server.',
    type: 'numeric',
    needs: 'end',
    write: (record, line) => line.decimal(record.bytesUploaded),
  },
  {
    name: 'ts',
    doc: 'Termination state: cause and phase.',
    type: 'string',
    needs: 'end',
    write: (record, line) => {
      line.byte(record.termination[0]!);
      line.byte(record.termination[1]!);
    },
  },
  {
    name: 'tsc',
    doc: 'Termination state with what became of cookies.',
    type: 'string',
    needs: 'session',
    write: (record, line) => line.text(record.termination),
  },
  {
    name: 'ac',
    doc: 'Connections of the process.',
    type: 'numeric',
    needs: 'end',
    write: (record, line) => line.decimal(record.activeConnections),
  },
  {
    name: 'fc',
    doc: 'Connections of the frontend.',
    type: 'numeric',
    needs: 'end',
    write: (record, line) => line.decimal(record.frontendConnections),
  },
  {
    name: 'bc',
    doc: 'Connections of the backend.',
    type: 'numeric',
    needs: 'end',
    write: (record, line) => line.decimal(record.backendConnections),
  },
  {
    name: 'sc',
    doc: 'Connections of the server.',
    type: 'numeric',
    needs: 'end',
    write: (record, line) => line.decimal(record.serverConnections),
  },
  {
    name: 'rc',
    doc: 'Connection retries; with `+` when the session was redispatched.',
    type: 'numeric',
    needs: 'end',
    write: (record, line) => {
      if (record.redispatched) line.byte(PLUS);
      line.decimal(record.retries);
    },
  },
  {
    name: 'sq',
    doc: "Requests in front of this one in the server's queue.",
    type: 'numeric',
    needs: 'end',
    write: (record, line) => line.decimal(record.serverQueue),
  },
  {
    name: 'bq',
    doc: "Requests in front of this one in the backend's queue.",
    type: 'numeric',
    needs: 'end',
    write: (record, line) => line.decimal(record.backendQueue),
  },
  {
    name: 'rt',
    doc: 'Number of this request (of this session in TCP) in the process.',
    type: 'numeric',
    needs: 'request',
    write: (record, line, flags) => writeCounter(record.requestCounter, line, flags),
  },
  {
    name: 'lc',
    doc: 'Number of lines that the frontend logged.',
    type: 'numeric',
    needs: 'session',
    write: (record, line, flags) => writeCounter(record.logCounter, line, flags),
  },
  {
    name: 'pid',
    doc: 'Process number.',
    type: 'numeric',
    needs: 'session',
    write: (record, line, flags) => writeCounter(record.process.pid, line, flags),
  },
  {
    name: 'H',
    doc: 'Name of this machine.',
    type: 'string',
    needs: 'session',
    write: (record, line, flags) => {
      line.value(record.process.hostname, 0, record.process.hostname.length, flags);
    },
  },
  {
    name: 'ID',
    doc: 'Unique ID of the request (`unique-id-format`).',
    type: 'string',
    needs: 'end',
    write: (record, line, flags) => {
      line.value(record.uniqueId.u8, record.uniqueId.start, record.uniqueId.end, flags);
    },
  },
]);
