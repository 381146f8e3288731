/**
 * A client connection in TCP mode: its one stream begins at once and ends with it.
 */

import { handshakeErrorMessage } from '../protocol/proxy-protocol/handshake-error.ts';
import type { ShutdownCause } from '../state/messages.ts';
import type { Plane } from './plane.ts';
import { Session } from './session.ts';
import { TcpStream } from './tcp-stream.ts';

export class TcpSession extends Session {
  private stream: TcpStream | null = null;

  constructor(plane: Plane) {
    super(plane, 0);
  }

  protected override onEstablished(): void {
    this.stream = new TcpStream(this.plane);
    this.stream.start(this);
  }

  protected override onClientReady(): void {
    this.stream?.onClientReady();
  }

  protected override onSessionTimer(): void {
    // The stream has the only timer that runs once it exists.
  }

  protected override logGreetingFailure(error: number): void {
    this.plane.logger.logGreetingFailure(this, handshakeErrorMessage(error) ?? '');
  }

  /** The stream is over. */
  end(reset: boolean): void {
    this.stream = null;
    this.finish(reset);
  }

  protected override spare(): void {
    this.plane.tcpSessions.give(this);
  }

  override onSoftStop(): void {
    // A connection in use ends by itself.
  }

  override shutServer(serverWords: number, cause: ShutdownCause): void {
    this.stream?.shutServer(serverWords, cause);
  }

  override countProgress(): void {
    if (this.frontend.continuousCounts) this.stream?.countProgress();
  }

  override kill(): void {
    if (this.stream !== null) this.stream.kill();
    else this.finish(false);
  }
}
