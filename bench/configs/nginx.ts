// Owns: a workload's shape in nginx's language, one worker, set as a person would who wants it fast.
// Must not: turn off what the other programs have on; buffers are of HAProxy's size and nothing is written to disk.
import { existsSync } from 'node:fs';
import type { Balance, ProxyPorts, ProxyShape } from './shape.ts';

/** Where Debian's libnginx-mod-stream puts the module; nginx proxies TCP only with it. */
export const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';

/** Why nginx cannot do this work, or undefined when it can. */
export function nginxObstacle(shape: ProxyShape): string | undefined {
  if (shape.mode === 'tcp' && !existsSync(STREAM_MODULE)) return 'nginx: install libnginx-mod-stream for TCP';
  return undefined;
}

export function nginxConfiguration(shape: ProxyShape, ports: ProxyPorts, folder: string): string {
  const lines = [
    ...(shape.mode === 'tcp' ? [`load_module ${STREAM_MODULE};`] : []),
    'daemon off;',
    // Started by root it would change to a user who cannot write into the folder.
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    `worker_processes ${shape.threads};`,
    `worker_rlimit_nofile ${shape.maxConnections * 2 + 100};`,
    `pid ${folder}/nginx.pid;`,
    `error_log ${folder}/nginx-error.log error;`,
    `events { worker_connections ${shape.maxConnections * 2 + 50}; use epoll; multi_accept on; }`,
  ];
  lines.push(...(shape.mode === 'http' ? httpBlock(shape, ports, folder) : streamBlock(shape, ports)));
  return `${lines.join('\n')}\n`;
}

const METHODS: Readonly<Record<Balance, string | undefined>> = {
  roundrobin: undefined,
  leastconn: 'least_conn;',
  random: 'random two least_conn;',
  source: 'hash $remote_addr consistent;',
  uri: 'hash $uri consistent;',
};

function upstream(shape: ProxyShape, ports: ProxyPorts): string[] {
  const lines = ['upstream back {'];
  const method = METHODS[shape.balance];
  if (method !== undefined) lines.push(method);
  for (let i = 1; i <= shape.servers; i++) lines.push(`server 127.0.0.1:${ports.server} max_fails=0;`);
  if (shape.mode === 'http' && shape.serverConnections === 'kept') {
    lines.push('keepalive 256;', 'keepalive_requests 100000000;');
  }
  lines.push('}');
  return lines;
}

function httpBlock(shape: ProxyShape, ports: ProxyPorts, folder: string): string[] {
  const log = shape.logged
    ? [
        `log_format line '$remote_addr:$remote_port $request_time $upstream_connect_time $upstream_header_time ' ` +
          `'$status $bytes_sent $connection $connection_requests "$request"';`,
        `access_log syslog:server=127.0.0.1:${ports.log},facility=local0 line;`,
      ]
    : ['access_log off;'];
  return [
    'http {',
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    ),
    ...log,
    'keepalive_timeout 60s;',
    'keepalive_requests 100000000;',
    ...upstream(shape, ports),
    'server {',
    `listen 127.0.0.1:${ports.listen} backlog=4096;`,
    'location / {',
    'proxy_pass http://back;',
    'proxy_http_version 1.1;',
    // Without this nginx asks the server to close, which is what `per-request` wants.
    ...(shape.serverConnections === 'kept' ? ['proxy_set_header Connection "";'] : []),
    ...(shape.forwardedFor ? ['proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;'] : []),
    'proxy_set_header Host $http_host;',
    'proxy_buffer_size 16k;',
    'proxy_buffers 8 16k;',
    'proxy_busy_buffers_size 32k;',
    'proxy_max_temp_file_size 0;',
    '}',
    '}',
    '}',
  ];
}

function streamBlock(shape: ProxyShape, ports: ProxyPorts): string[] {
  return [
    'stream {',
    ...upstream(shape, ports),
    `server { listen 127.0.0.1:${ports.listen} backlog=4096; proxy_pass back; proxy_buffer_size 16k; tcp_nodelay on; }`,
    '}',
  ];
}
