// Owns: the server behind the proxy in the soak. Below /good/ it is an ordinary one; /bad/KIND makes it misbehave in
// that way for that request only; whatever should never have been let through has a target below /never/.
// Must not: misbehave on a connection after a complete response: that would be a fault of the soak, not of the proxy.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';

export const badKinds = [
  'reset',
  'close',
  'reset-in-head',
  'reset-in-body',
  'truncate',
  'truncate-chunked',
  'stall',
  'stall-in-body',
  'nonsense',
  'huge-head',
  'bad-length',
  'bad-chunk',
  'drip',
  'early',
  'informational',
] as const;
export type BadKind = (typeof badKinds)[number];

const HUGE_HEAD_BYTES = 100_000;
const DRIP_MS = 40;

export class SoakServer {
  readonly http: Server;
  readonly echo: TcpServer;
  /** What reached the server and should not have. */
  readonly violations: string[] = [];
  private readonly sockets = new Set<Socket>();

  constructor() {
    this.http = createServer((request, response) => this.answer(request, response));
    // The server closes no idle connection, so that none is lost in a race with the proxy's next request.
    this.http.keepAliveTimeout = 0;
    this.http.requestTimeout = 0;
    this.http.headersTimeout = 0;
    this.http.on('connection', (socket: Socket) => this.watch(socket));
    this.http.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      // A request that breaks off is the client's doing; one that does not parse should have stopped at the proxy.
      const code = error.code ?? '';
      if (code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE') {
        this.violations.push(`malformed request: ${code}`);
      }
      socket.destroy();
    });
    this.http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
      if (head.length > 0) socket.write(head);
      if (request.url === '/bad/upgrade-reset') socket.once('data', () => socket.resetAndDestroy());
      else socket.pipe(socket);
    });
    this.echo = createTcpServer({ allowHalfOpen: true }, (socket) => {
      this.watch(socket);
      socket.pipe(socket);
    });
  }

  /** Closes what stands open, so that the proxy has no reason to keep anything. */
  closeConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private watch(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    // Resets are what this is about.
    socket.on('error', () => socket.destroy());
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const target = request.url ?? '';
    if (target.startsWith('/good/')) answerWell(request, response, target);
    else if (target.startsWith('/bad/')) this.misbehave(request, response, target.slice(5) as BadKind);
    else {
      this.violations.push(`${request.method} ${target}`);
      response.end('this should not have been let through\n');
    }
  }

  private misbehave(request: IncomingMessage, response: ServerResponse, kind: BadKind): void {
    const { socket } = request;
    const partial = 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n0123456789';
    switch (kind) {
      case 'reset':
        socket.resetAndDestroy();
        return;
      case 'close':
        socket.destroy();
        return;
      case 'reset-in-head':
        socket.write('HTTP/1.1 200 OK\r\nContent-Le', () => socket.resetAndDestroy());
        return;
      case 'reset-in-body':
        socket.write(partial, () => socket.resetAndDestroy());
        return;
      case 'truncate':
        socket.end(partial);
        return;
      case 'truncate-chunked':
        socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\nshort');
        return;
      case 'stall':
        return;
      case 'stall-in-body':
        socket.write(partial);
        return;
      case 'nonsense':
        socket.end('\x00\x01\xff nonsense\r\n\r\n more of it\r\n');
        return;
      case 'huge-head':
        socket.end(`HTTP/1.1 200 OK\r\nX-Huge: ${'x'.repeat(HUGE_HEAD_BYTES)}\r\nContent-Length: 0\r\n\r\n`);
        return;
      case 'bad-length':
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello');
        return;
      case 'bad-chunk':
        socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n');
        return;
      case 'drip':
        drip(socket);
        return;
      case 'early':
        // The response before the request's body, and no wish to see that body.
        socket.end('HTTP/1.1 413 Payload Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
        return;
      case 'informational':
        for (let i = 0; i < 20; i++) socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
        response.end('after all\n');
        return;
      default:
        kind satisfies never;
    }
  }
}

function answerWell(request: IncomingMessage, response: ServerResponse, target: string): void {
  const query = new URLSearchParams(target.slice(target.indexOf('?') + 1));
  if (request.method === 'POST') {
    const type = request.headers['content-type'];
    response.writeHead(200, type === undefined ? {} : { 'Content-Type': type });
    request.pipe(response);
    return;
  }
  const body = goodBody(Number(query.get('bytes') ?? 0), Number(query.get('fill') ?? 0));
  if (query.has('chunked')) {
    const half = body.length >> 1;
    response.write(body.subarray(0, half));
    response.end(body.subarray(half));
    return;
  }
  response.writeHead(200, { 'Content-Length': body.length });
  response.end(body);
}

/** The body that the ordinary server sends for these numbers; a client makes the same and compares. */
export function goodBody(sizeBytes: number, fill: number): Buffer {
  const body = Buffer.alloc(sizeBytes, fill & 0xff);
  // Not all the same, so that a piece that is lost or doubled shows.
  for (let i = 0; i + 4 <= sizeBytes; i += 97) body.writeUInt32BE(i ^ fill, i);
  return body;
}

function drip(socket: Socket): void {
  const text = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello';
  let at = 0;
  const timer = setInterval(() => {
    if (socket.destroyed || at >= text.length) {
      clearInterval(timer);
      socket.end();
      return;
    }
    socket.write(text.slice(at, at + 4));
    at += 4;
  }, DRIP_MS);
}
