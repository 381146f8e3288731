/**
 * What the control plane writes to the log servers: a proxy's stops, pauses and states. Sent when the call returns, so
 * that the last words of a process that ends are on their way.
 * Specification: configuration manual 4.2 `log`; message headers as in protocol/syslog.
 */
import type { GlobalConfig, LogTarget, ProxyConfig } from '../config/model.ts';
import { reserve, u8 } from '../os/arena.ts';
import { levelAt, type SyslogSource, writeSyslogHeader } from '../protocol/syslog/header.ts';
import { logTargetsOf, syslogSourceOf } from '../state/log-source.ts';
import type { ProcessFacts } from '../state/messages.ts';
import { LogSink } from '../transport/log-sink.ts';

/** Syslog's levels, as far as the control plane uses them. */
export const LOG_ALERT = 1;
export const LOG_WARNING = 4;
export const LOG_NOTICE = 5;

export interface ControlLog {
  /** To the log targets of the proxy: its own, and the global ones where it says `log global`. */
  send(proxy: ProxyConfig, level: number, text: string): void;
  /** What concerns the whole process: to the global targets. */
  sendGlobal(level: number, text: string): void;
}

const HEADER_BYTES = 1024;
const MESSAGE_BYTES = 8192;
const LF = 10;
const NOTHING = new Uint8Array(0);

export class SyslogControlLog implements ControlLog {
  private readonly global: GlobalConfig;
  private readonly facts: ProcessFacts;
  private readonly sinks = new Map<LogTarget, LogSink>();
  private readonly area = reserve(HEADER_BYTES + MESSAGE_BYTES);

  constructor(global: GlobalConfig, facts: ProcessFacts) {
    this.global = global;
    this.facts = facts;
  }

  send(proxy: ProxyConfig, level: number, text: string): void {
    const targets = logTargetsOf(this.global, proxy);
    if (targets.length === 0) return;
    const source = syslogSourceOf(this.global, proxy.log.tag, this.facts);
    const message = Buffer.from(text, 'latin1');
    for (const target of targets) this.sendTo(target, level, message, source);
  }

  sendGlobal(level: number, text: string): void {
    const source = syslogSourceOf(this.global, undefined, this.facts);
    const message = Buffer.from(text, 'latin1');
    for (const target of this.global.logTargets) this.sendTo(target, level, message, source);
  }

  private sendTo(target: LogTarget, level: number, message: Buffer, source: SyslogSource): void {
    const levelHere = levelAt(target, level);
    if (levelHere < 0) return;
    const { area } = this;
    const nowUs = Date.now() * 1000;
    const headerEnd = writeSyslogHeader(
      u8,
      area,
      area + HEADER_BYTES,
      target,
      levelHere,
      source,
      nowUs,
      NOTHING,
    );
    // Negative: the header alone fills what the target takes.
    let end = headerEnd < 0 ? -headerEnd - 1 : headerEnd;
    const most = Math.min(area + target.maxLengthBytes, area + HEADER_BYTES + MESSAGE_BYTES - 1);
    if (headerEnd >= 0) {
      const part = message.subarray(0, Math.max(0, most - end));
      u8.set(part, end);
      end += part.length;
    }
    u8[end] = LF;
    let sink = this.sinks.get(target);
    if (sink === undefined) {
      sink = new LogSink(target);
      this.sinks.set(target, sink);
    }
    sink.send(area, end + 1 - area);
  }
}
