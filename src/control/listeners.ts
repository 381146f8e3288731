/**
 * Opens all listening sockets of the configuration, before privileges are dropped. Where another process still holds a
 * port and there are old processes to replace, these are asked to pause and it is tried again for two seconds.
 * Owns the sockets from here on: closes them at the soft stop, pauses and resumes them (SIGTTOU, SIGTTIN).
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Configuration } from '../config/model.ts';
import { proxyWord } from '../config/proxy-kind.ts';
import type { OpenListener } from '../state/messages.ts';
import { Namespaces } from '../transport/namespaces.ts';
import {
  closeDescriptor,
  duplicate,
  isUnixSocket,
  listenOn,
  newUnixSocket,
  putInPlace,
  silentDescriptor,
  stopListening,
} from '../transport/socket.ts';
import type { PlannedListener } from './listener-plan.ts';
import { adoptSocket, type OpenResult, openInetSocket } from './listening-socket.ts';
import type { OldProcesses } from './old-processes.ts';
import type { MessageSeverity, OperatorMessages } from './operator-messages.ts';
import { openAbstractSocket, openUnixSocket } from './unix-listener.ts';

const RETRIES = 200;
const RETRY_DELAY_MS = 10;

export interface HeldListener {
  readonly planned: PlannedListener;
  readonly fd: number;
  open: boolean;
  /** The real socket, while it could not be resumed. */
  parked: number | undefined;
}

export class Listeners {
  readonly held: HeldListener[] = [];
  private readonly configuration: Configuration;
  private readonly namespaces = new Namespaces();

  constructor(configuration: Configuration) {
    this.configuration = configuration;
  }

  /** False when the process must not start; the reasons have been said. */
  async openAll(
    planned: readonly PlannedListener[],
    old: OldProcesses,
    messages: OperatorMessages,
  ): Promise<boolean> {
    // As HAProxy goes about it: network sockets before those of the file system.
    let left = [...planned].sort((a, b) => Number(isLocal(a)) - Number(isLocal(b)));
    for (let retry = 0; ; retry++) {
      const outcome = this.openSome(left);
      const hopeful = old.any && retry < RETRIES && outcome.failed.some(({ inUse }) => inUse);
      if (outcome.failed.length === 0 || !hopeful) {
        for (const { severity, text } of outcome.said) messages.say(severity, text);
        if (outcome.failed.length === 0) return true;
        if (old.any) old.resume();
        messages.alert('[haproxy.main()] Some protocols failed to start their listeners! Exiting.');
        return false;
      }
      left = outcome.failed.map(({ listener }) => listener);
      old.pause();
      await delay(RETRY_DELAY_MS);
    }
  }

  private openSome(planned: readonly PlannedListener[]): Outcome {
    const outcome: Outcome = { failed: [], said: [] };
    for (const listener of planned) {
      const result = this.openOne(listener);
      const where = `Binding ${place(listener)}:`;
      for (const text of result.warnings)
        outcome.said.push({ severity: 'warning', text: `${where} ${text}` });
      if (result.fd >= 0) this.held.push({ planned: listener, fd: result.fd, open: true, parked: undefined });
      else if ('error' in result) {
        outcome.failed.push({ listener, inUse: result.inUse });
        outcome.said.push({ severity: 'alert', text: `${where} ${result.error}` });
      }
    }
    return outcome;
  }

  private openOne(planned: PlannedListener): OpenResult {
    const { address, bind, backlog } = planned;
    const { global } = this.configuration;
    switch (address.family) {
      case 'inet':
      case 'inet6':
        if (bind.namespace !== undefined) this.namespaces.open(bind.namespace);
        return openInetSocket(address, planned, global, this.namespaces);
      case 'unix':
        return openUnixSocket(address.path, bind, backlog);
      case 'abns':
        return openAbstractSocket(address.name, backlog);
      case 'fd':
        return adoptSocket(address.fd, planned, global, isUnixSocket(address.fd));
      case 'socketpair':
        return { fd: -1, error: 'sockpair@ is not carried out yet', inUse: false, warnings: [] };
    }
  }

  /** What the data threads are told. */
  describe(): OpenListener[] {
    return this.held
      .filter(({ open }) => open)
      .map(({ planned, fd }) => ({
        index: planned.index,
        proxy: planned.proxyIndex,
        bind: planned.bindIndex,
        address: planned.addressIndex,
        id: planned.bind.listenerIds[planned.addressIndex] ?? planned.index + 1,
        fd,
        text: planned.text,
        unix: planned.address.family === 'unix' || planned.address.family === 'abns' || isUnixSocket(fd),
        threads: planned.threads?.map((range) => ({ ...range })),
      }));
  }

  ofProxy(proxyIndex: number): HeldListener[] {
    return this.held.filter(({ planned, open }) => open && planned.proxyIndex === proxyIndex);
  }

  /** The data threads must have let go of them. */
  close(listeners: readonly HeldListener[]): void {
    for (const listener of listeners) {
      if (!listener.open) continue;
      listener.open = false;
      closeDescriptor(listener.fd);
      if (listener.parked !== undefined) closeDescriptor(listener.parked);
    }
  }

  /**
   * Lets go of the address but keeps the descriptor, whose number the data threads know. A TCP socket stops listening,
   * which keeps the right to a privileged port; an abstract name is only free once its socket is gone, so another
   * socket takes the descriptor's place; a path needs nothing, a new process renames its own over it (and an inherited
   * unix socket could not listen again).
   */
  pause({ fd, planned, parked }: HeldListener): void {
    if (parked !== undefined) return;
    if (planned.address.family === 'abns') {
      putInPlace(newUnixSocket(), fd);
    } else if (!isUnixSocket(fd)) stopListening(fd);
  }

  /**
   * Takes the address back. False when somebody else has it now: an event counter that never counts then takes the
   * descriptor's place, because the data threads would be told of a hang-up without end if they watched the socket.
   */
  resume(listener: HeldListener): boolean {
    const { fd, planned } = listener;
    const { address, backlog } = planned;
    if (address.family === 'unix' || (address.family === 'fd' && isUnixSocket(fd))) return true;
    if (address.family === 'abns') {
      const again = openAbstractSocket(address.name, backlog);
      putInPlace(again.fd < 0 ? silentDescriptor() : again.fd, fd);
      return again.fd >= 0;
    }
    const { parked } = listener;
    if (listenOn(parked ?? fd, backlog) === 0) {
      listener.parked = undefined;
      if (parked !== undefined) putInPlace(parked, fd);
      return true;
    }
    if (parked === undefined) {
      listener.parked = duplicate(fd);
      putInPlace(silentDescriptor(), fd);
    }
    return false;
  }
}

interface Outcome {
  readonly failed: { readonly listener: PlannedListener; readonly inUse: boolean }[];
  readonly said: { readonly severity: MessageSeverity; readonly text: string }[];
}

function isLocal({ address }: PlannedListener): boolean {
  return address.family !== 'inet' && address.family !== 'inet6';
}

function place({ bind, proxy }: PlannedListener): string {
  return `[${bind.origin.file}:${bind.origin.line}] for ${proxyWord(proxy.kind)} ${proxy.name}`;
}
