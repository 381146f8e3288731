/**
 * Log variables about the ends of a session: addresses, names of proxies and servers, TLS.
 * Specification: configuration manual, 8.2.6.
 */
import { MAX_INET_TEXT_BYTES } from '../../protocol/inet-text.ts';
import { FAMILY_INET, FAMILY_NONE, FAMILY_UNIX, type SocketAddress } from '../../protocol/socket-address.ts';
import { HEX, type LineWriter, QUOTE } from './line-writer.ts';
import { registerLogVariables } from './log-variable.ts';

const NOTHING = new Uint8Array(0);
const NO_SERVER = Buffer.from('<NOSRV>', 'latin1');
const scratch = new Uint8Array(MAX_INET_TEXT_BYTES);
const TILDE = 0x7e;

export function writeHost(address: SocketAddress, line: LineWriter, flags: number): void {
  if (address.family === FAMILY_NONE) {
    line.value(NOTHING, 0, 0, flags);
  } else if (flags & HEX) {
    // There is no number for a path: HAProxy ends the line here.
    if (address.family === FAMILY_UNIX) line.stopped = true;
    else line.hexBytes(address.bytes, address.family === FAMILY_INET ? 4 : 16);
  } else if ((flags & QUOTE) === 0 && line.at + MAX_INET_TEXT_BYTES <= line.limit) {
    line.at = address.formatAddress(line.u8, line.at);
    line.touch();
  } else {
    line.value(scratch, 0, address.formatAddress(scratch, 0), flags);
  }
}

/** `standIn` is shown for unix sockets. */
export function writePort(address: SocketAddress, standIn: number, line: LineWriter, flags: number): void {
  if (address.family === FAMILY_NONE) {
    line.value(NOTHING, 0, 0, flags);
    return;
  }
  const port = address.family === FAMILY_UNIX ? standIn : address.port;
  if (flags & HEX) line.hex(port, 4);
  else line.decimal(port);
}

function writeName(name: Uint8Array, line: LineWriter, flags: number): void {
  line.value(name, 0, name.length, flags);
}

registerLogVariables([
  {
    name: 'ci',
    doc: 'Address of the client, `unix` on a unix socket.',
    type: 'address',
    needs: 'session',
    write: (record, line, flags) => writeHost(record.client, line, flags),
  },
  {
    name: 'cp',
    doc: 'Port of the client; the number of the listener on a unix socket.',
    type: 'numeric',
    needs: 'session',
    write: (record, line, flags) => writePort(record.client, record.listenerId, line, flags),
  },
  {
    name: 'fi',
    doc: 'Address that the client connected to.',
    type: 'address',
    needs: 'session',
    write: (record, line, flags) => writeHost(record.frontendAddress, line, flags),
  },
  {
    name: 'fp',
    doc: 'Port that the client connected to.',
    type: 'numeric',
    needs: 'session',
    write: (record, line, flags) => writePort(record.frontendAddress, record.listenerId, line, flags),
  },
  {
    name: 'f',
    doc: 'Name of the frontend.',
    type: 'string',
    needs: 'session',
    write: (record, line, flags) => writeName(record.frontendName, line, flags),
  },
  {
    name: 'ft',
    doc: 'Name of the frontend, with `~` behind it when the client came over TLS.',
    type: 'string',
    needs: 'session',
    write: (record, line, flags) => {
      if (!record.frontendIsTls) {
        writeName(record.frontendName, line, flags);
        return;
      }
      if (flags & QUOTE) {
        // The mark belongs between the quotes.
        const name = record.frontendName;
        if (!line.fits(name.length + 3)) return;
        line.quoteMark(QUOTE);
        line.value(name, 0, name.length, flags & ~QUOTE);
        line.byte(TILDE);
        line.quoteMark(QUOTE);
        return;
      }
      writeName(record.frontendName, line, flags);
      line.byte(TILDE);
    },
  },
  {
    name: 'b',
    doc: 'Name of the backend, or of the frontend where none was chosen.',
    type: 'string',
    needs: 'session',
    write: (record, line, flags) => writeName(record.backendName, line, flags),
  },
  {
    name: 's',
    doc: 'Name of the server, `<NOSRV>` where none was reached.',
    type: 'string',
    needs: 'session',
    write: (record, line, flags) => {
      writeName(record.serverName.length > 0 ? record.serverName : NO_SERVER, line, flags);
    },
  },
  {
    name: 'si',
    doc: 'Address of the server.',
    type: 'address',
    needs: 'session',
    write: (record, line, flags) => writeHost(record.serverAddress, line, flags),
  },
  {
    name: 'sp',
    doc: 'Port of the server.',
    type: 'numeric',
    needs: 'session',
    write: (record, line, flags) => writePort(record.serverAddress, 0, line, flags),
  },
  {
    name: 'bi',
    doc: 'Own address on the connection to the server.',
    type: 'address',
    needs: 'session',
    write: (record, line, flags) => writeHost(record.sourceAddress, line, flags),
  },
  {
    name: 'bp',
    doc: 'Own port on the connection to the server.',
    type: 'numeric',
    needs: 'session',
    write: (record, line, flags) => writePort(record.sourceAddress, 0, line, flags),
  },
  {
    name: 'sslv',
    doc: 'Version of TLS towards the client.',
    type: 'string',
    needs: 'session',
    write: (record, line, flags) => writeName(record.sslVersion, line, flags),
  },
  {
    name: 'sslc',
    doc: 'Cipher of the TLS connection to the client.',
    type: 'string',
    needs: 'session',
    write: (record, line, flags) => writeName(record.sslCipher, line, flags),
  },
]);
