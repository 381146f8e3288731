// A process that a scenario runs in a network namespace: HTTP servers on the addresses it is told, and plain HTTP
// clients, one connection a request. It does what its parent asks over the IPC channel (agent.ts) and decides nothing.

import { Agent, createServer, request, type Server } from 'node:http';
import { connect } from 'node:net';
import type { AgentAnswer, AgentOrder, AgentReply, WebReply } from './agent.ts';

const servers = new Map<string, Server>();
let sessions = 0;

/** The application: it gives each new visitor a session, and tells in its answer what it saw. */
function listen(host: string, port: number, name: string): Promise<void> {
  const server = createServer((message, response) => {
    const { headers } = message;
    const session = /(?:^|;\s*)JSESSIONID=([^;]*)/.exec(headers.cookie ?? '')?.[1];
    const body: WebReply = {
      server: name,
      port,
      peer: message.socket.remoteAddress ?? '',
      session: session ?? '',
      cookie: headers.cookie ?? '',
      forwardedFor: String(headers['x-forwarded-for'] ?? ''),
    };
    // Sessions are not shared: one of another server is unknown.
    const prefix = `${name.toLowerCase()}x`;
    if (!session?.startsWith(prefix) && message.method === 'GET')
      response.setHeader('Set-Cookie', `JSESSIONID=${prefix}${++sessions}`);
    response.end(JSON.stringify(body));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      servers.set(`${host}:${port}`, server);
      resolve();
    });
  });
}

function close(host: string, port: number): Promise<void> {
  const key = `${host}:${port}`;
  const server = servers.get(key);
  servers.delete(key);
  return new Promise((resolve) => {
    if (server === undefined) resolve();
    else server.close(() => resolve());
    server?.closeIdleConnections();
  });
}

const oneRequestEach = new Agent({ keepAlive: false });

function get(order: Extract<AgentOrder, { do: 'get' }>): Promise<AgentAnswer> {
  return new Promise((resolve, reject) => {
    const { host, port, from, headers, timeoutMs } = order;
    const client = request(
      { host, port, localAddress: from, path: '/', headers, agent: oneRequestEach, timeout: timeoutMs },
      (response) => {
        let text = '';
        response.setEncoding('latin1');
        response.on('data', (part: string) => {
          text += part;
        });
        response.once('error', reject);
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            setCookies: response.headers['set-cookie'] ?? [],
            text,
          }),
        );
      },
    );
    client.once('timeout', () => client.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    client.once('error', reject);
    client.end();
  });
}

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function carryOut(order: AgentOrder): Promise<unknown> {
  switch (order.do) {
    case 'listen':
      return listen(order.host, order.port, order.name);
    case 'close':
      return close(order.host, order.port);
    case 'get':
      return get(order);
    case 'canConnect':
      return canConnect(order.host, order.port);
  }
}

process.on('message', ({ id, order }: { id: number; order: AgentOrder }) => {
  const reply = (message: AgentReply): void => void process.send?.(message);
  carryOut(order).then(
    (result) => reply({ id, result }),
    (error: unknown) => reply({ id, error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
