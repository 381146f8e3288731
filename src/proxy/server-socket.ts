/**
 * The socket of a server connection: made, given its options and its source address, and told to connect.
 * Specification: configuration manual, `source`, `option tcp-smart-connect`,
 * `server … source/interface/usesrc/namespace/tfo/tcp-ut`.
 */
import type { SourceConfig } from '../config/model.ts';
import { u8 } from '../os/arena.ts';
import {
  AF_INET,
  AF_INET6,
  IP_BIND_ADDRESS_NO_PORT,
  IP_TRANSPARENT,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_TRANSPARENT,
  SO_BINDTODEVICE,
  SO_KEEPALIVE,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_SNDBUF,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_FASTOPEN_CONNECT,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_QUICKACK,
  TCP_USER_TIMEOUT,
} from '../os/constants.ts';
import { EADDRINUSE, EADDRNOTAVAIL, EINPROGRESS } from '../os/errno.ts';
import { FAMILY_UNIX, SocketAddress } from '../protocol/socket-address.ts';
import { bindTo, closeDescriptor, connectTo, lastError } from '../transport/socket.ts';
import { setIntOption, setTextOption } from '../transport/socket-options.ts';
import { type Server, toSocketAddress } from './server.ts';
import type { Stream } from './stream.ts';

const source = new SocketAddress();
/** Where in its range of source ports each configuration goes on. */
const nextPort = new WeakMap<SourceConfig, number>();

/** A descriptor that is connecting, or -1 with the error number in `stream.connectErrno`. */
export function openServerSocket(stream: Stream, server: Server): number {
  const plane = server.plane;
  const config = server.config;
  let sockaddr = server.sockaddr;
  let length = server.sockaddrLength;
  let family = server.address.family;
  if (config.socks4 !== undefined) {
    const via = toSocketAddress(config.socks4);
    sockaddr = plane.scratch;
    length = via.writeSockaddr(u8, sockaddr);
    family = via.family;
  } else if (server.mapsPort || server.backend.transparent) {
    const target = stream.targetAddress(server);
    sockaddr = plane.scratch;
    length = target.writeSockaddr(u8, sockaddr);
    family = target.family;
  }
  if (length === 0) {
    stream.connectErrno = EADDRNOTAVAIL;
    return -1;
  }
  const fd = plane.namespaces.socket(config.namespace, family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    stream.connectErrno = lastError();
    return -1;
  }
  if (family !== FAMILY_UNIX) setTcpOptions(fd, server, stream);
  const from = config.source ?? server.backend.config.source;
  if (from !== undefined && family !== FAMILY_UNIX && !bindSource(fd, from, family, stream)) {
    stream.connectErrno = lastError();
    closeDescriptor(fd);
    return -1;
  }
  if (connectTo(fd, sockaddr, length) < 0) {
    const error = lastError();
    if (error !== EINPROGRESS) {
      stream.connectErrno = error;
      closeDescriptor(fd);
      return -1;
    }
  }
  return fd;
}

function setTcpOptions(fd: number, server: Server, stream: Stream): void {
  const { config, backend, plane } = server;
  // The request takes the place of the last packet of the handshake; without one that packet must not wait.
  if (backend.smartConnect && stream.hasRequestBytes) setIntOption(fd, IPPROTO_TCP, TCP_QUICKACK, 0);
  if (config.tfo) setIntOption(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1);
  if (config.tcpUserTimeoutMs !== undefined)
    setIntOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, config.tcpUserTimeoutMs);
  if (backend.serverKeepAlive) {
    setIntOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    const { count, idleMs, intervalMs } = backend.config.keepalive.server;
    if (count !== undefined) setIntOption(fd, IPPROTO_TCP, TCP_KEEPCNT, count);
    if (idleMs !== undefined)
      setIntOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, Math.max(1, Math.round(idleMs / 1000)));
    if (intervalMs !== undefined)
      setIntOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, Math.max(1, Math.round(intervalMs / 1000)));
  }
  const { rcvbufServer, sndbufServer } = plane.configuration.global.tune;
  if (rcvbufServer !== undefined) setIntOption(fd, SOL_SOCKET, SO_RCVBUF, rcvbufServer);
  if (sndbufServer !== undefined) setIntOption(fd, SOL_SOCKET, SO_SNDBUF, sndbufServer);
}

/** Binds the source address. False when the kernel refuses. */
function bindSource(fd: number, config: SourceConfig, family: number, stream: Stream): boolean {
  if (config.interface !== undefined && setTextOption(fd, SOL_SOCKET, SO_BINDTODEVICE, config.interface) < 0)
    return false;
  source.clear();
  let foreign = false;
  const usesrc = config.usesrc;
  if (usesrc === undefined) {
    if (config.address !== undefined) source.copyFrom(toSocketAddress(config.address));
  } else {
    foreign = true;
    switch (usesrc.kind) {
      case 'address':
        source.copyFrom(toSocketAddress(usesrc.address));
        break;
      case 'client':
        source.copyFrom(stream.clientAddress);
        break;
      case 'clientip':
        source.copyFrom(stream.clientAddress);
        source.port = 0;
        break;
      case 'header':
        if (!stream.addressFromHeader(usesrc.header, usesrc.occurrence, source)) foreign = false;
        break;
    }
  }
  if (source.family !== family) return true;
  if (foreign) {
    if (family === AF_INET) setIntOption(fd, IPPROTO_IP, IP_TRANSPARENT, 1);
    else if (family === AF_INET6) setIntOption(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, 1);
  }
  setIntOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  // Without a port of its own the choice waits until connect knows both ends, so that ports can be shared between servers.
  if (source.port === 0) setIntOption(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  const ports = config.lastPort > source.port ? config.lastPort - source.port + 1 : 1;
  const first = source.port;
  const start = ports > 1 ? (nextPort.get(config) ?? 0) % ports : 0;
  for (let i = 0; i < ports; i++) {
    const step = (start + i) % ports;
    source.port = first + step;
    if (bindTo(fd, source) === 0) {
      if (ports > 1) nextPort.set(config, step + 1);
      return true;
    }
    if (lastError() !== EADDRINUSE) return false;
  }
  return false;
}
