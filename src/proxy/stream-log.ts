/**
 * The log lines of streams.
 */
import type { Backend } from './backend.ts';
import type { HttpSession } from './http/session.ts';
import type { HttpStream } from './http/stream.ts';
import type { Session } from './session.ts';
import type { Stream } from './stream.ts';

export interface StreamLogger {
  logStream(stream: Stream, backend: Backend | null): void;
  logBadRequest(
    session: HttpSession,
    stream: HttpStream | null,
    cause: string,
    phase: string,
    status: number,
  ): void;
  logGreetingFailure(session: Session, message: string): void;
}
