// Owns: the demo's small HTTP servers: each answers with its name, as a page to browsers and in a line to the rest.
// Must not: know the proxy; it is an ordinary node:http program.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';

export interface NamedServer {
  name: string;
  /** Any CSS colour; tells the servers apart at a glance. */
  colour: string;
  port: number;
}

/** Resolves when the server listens; rejects when its port is taken. */
export async function startNameServer(named: NamedServer): Promise<Server> {
  let answered = 0;
  const server = createServer((request, response) => {
    answered++;
    const wantsPage = request.headers.accept?.includes('text/html') ?? false;
    const body = wantsPage ? page(named, request, answered) : `${named.name} (answer ${answered})\n`;
    response.writeHead(200, {
      'Content-Type': wantsPage ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  server.listen(named.port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function page(named: NamedServer, request: IncomingMessage, answered: number): string {
  const client = String(request.headers['x-forwarded-for'] ?? 'unknown');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>${named.name}</title>
<style>
  body { margin: 0; min-height: 100vh; display: grid; place-content: center; text-align: center;
         font: 1.1rem/1.6 system-ui, sans-serif; color: #fff; background: ${named.colour}; }
  h1 { margin: 0; font-size: 5rem; font-weight: 300; }
  a { color: inherit; }
</style>
<h1>${named.name}</h1>
<p>answer ${answered} of this server, to ${escapeHtml(client)} for ${escapeHtml(request.url ?? '')}</p>
<p><a href="">Reload</a>: the next request goes to the next server.</p>
<p><a href="/statistics">Statistics</a> of the proxy: take a server out of work there.</p>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
