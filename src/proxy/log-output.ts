/**
 * Sends a message to a section's log targets: level, sampling, header, length. The message is written once; each target's
 * header is put right in front of it.
 */
import type { LogTarget } from '../config/model.ts';
import { reserve, u8 } from '../os/arena.ts';
import { levelAt, type SyslogSource, writeSyslogHeader } from '../protocol/syslog/header.ts';
import { LOG_SAMPLE_COUNTERS, PROCESS_LOG_SAMPLES } from '../state/shared-state.ts';
import { LogSink } from '../transport/log-sink.ts';
import type { Plane } from './plane.ts';

/** Room in front of a message for its header. */
const HEADER_BYTES = 1024;
const LF = 10;
const NOTHING = new Uint8Array(0);

/** Where messages are written, one area for the thread. */
let area = -1;
let areaBytes = 0;

interface Output {
  readonly sink: LogSink;
  /** Shared word that counts the messages of a sampled target, or -1. */
  readonly sampleCounter: number;
}

export class LogOutput {
  private readonly outputs: Output[] = [];
  private readonly plane: Plane;
  private readonly source: SyslogSource;
  /** A message never gets longer than this. */
  readonly maxMessageBytes: number;

  constructor(plane: Plane, targets: readonly LogTarget[], source: SyslogSource) {
    this.plane = plane;
    this.source = source;
    let longest = 0;
    for (const target of targets) {
      longest = Math.max(longest, target.maxLengthBytes);
      const sampleCounter =
        target.sample === undefined ? -1 : PROCESS_LOG_SAMPLES + (sampledTargets++ % LOG_SAMPLE_COUNTERS);
      this.outputs.push({ sink: new LogSink(target), sampleCounter });
    }
    this.maxMessageBytes = longest;
    if (longest > areaBytes) {
      areaBytes = longest;
      area = reserve(HEADER_BYTES * 2 + longest + 64);
    }
  }

  get empty(): boolean {
    return this.outputs.length === 0;
  }

  /** Offset where the next message is to be written. */
  get messageAt(): number {
    return area + HEADER_BYTES;
  }

  /** Sends what lies from messageAt to `end`. `structuredData` goes into rfc5424 headers. */
  send(level: number, end: number, structuredData: Uint8Array = NOTHING): void {
    const start = this.messageAt;
    const nowUs = Date.now() * 1000;
    for (let i = 0; i < this.outputs.length; i++) {
      const { sink, sampleCounter } = this.outputs[i] as Output;
      const target = sink.target;
      const levelHere = levelAt(target, level);
      if (levelHere < 0) continue;
      if (sampleCounter >= 0 && !this.sampled(target, sampleCounter)) continue;
      const headerEnd = writeSyslogHeader(
        u8,
        area,
        area + HEADER_BYTES,
        target,
        levelHere,
        this.source,
        nowUs,
        structuredData,
      );
      const headerLength = headerEnd < 0 ? -headerEnd - 1 - area : headerEnd - area;
      const from = start - headerLength;
      u8.copyWithin(from, area, area + headerLength);
      let length = headerLength + (headerEnd < 0 ? 0 : end - start);
      if (length > target.maxLengthBytes) length = target.maxLengthBytes;
      // The byte behind is put back for the next target, whose limit may lie further on.
      const behind = u8[from + length] as number;
      u8[from + length] = LF;
      sink.send(from, length + 1);
      u8[from + length] = behind;
    }
  }

  /** Whether this message is one of those that a sampled target wants; counted over all threads. */
  private sampled(target: LogTarget, counter: number): boolean {
    const sample = target.sample;
    if (sample === undefined) return true;
    const place = ((Atomics.add(this.plane.words, counter, 1) >>> 0) % sample.size) + 1;
    for (const range of sample.ranges) if (place >= range.from && place <= range.to) return true;
    return false;
  }
}

/** Sampled targets get their counters in the order of linking, which is the same on every thread. */
let sampledTargets = 0;
