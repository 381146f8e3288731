/** What happens to a proxy or to the process, said both on standard error and to the logs, in the same words. */
import type { ProxyConfig } from '../config/model.ts';
import { type ControlLog, LOG_ALERT, LOG_WARNING } from './control-log.ts';
import type { OperatorMessages } from './operator-messages.ts';

export class Reports {
  readonly messages: OperatorMessages;
  readonly log: ControlLog;

  constructor(messages: OperatorMessages, log: ControlLog) {
    this.messages = messages;
    this.log = log;
  }

  proxyWarning(proxy: ProxyConfig, text: string): void {
    this.messages.warning(text);
    this.log.send(proxy, LOG_WARNING, text);
  }

  /** Of the process as a whole. */
  warning(text: string): void {
    this.messages.warning(text);
    this.log.sendGlobal(LOG_WARNING, text);
  }

  /** An error of the program itself, whose text may be several lines: a log line has only one. */
  bug(text: string): void {
    this.messages.alert(text);
    this.log.sendGlobal(LOG_ALERT, text.replace(/\s*\n\s*/g, ' | '));
  }
}
