// A real browser for scenarios: Debian's chromium without a window, told what to do through its debugging pipe. One page;
// scripts of a scenario run inside it. Nothing but the scenario's own addresses is ever asked for.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { findCommand } from './program.ts';
import { Condition, within } from './waiting.ts';

/** A browser on a busy machine takes its time. */
const DEADLINE_MS = 30_000;

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

export class Browser {
  /** Every address that the page has asked for. */
  readonly requests: string[] = [];
  /** What went wrong inside the page. */
  readonly errors: string[] = [];
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #input: Writable;
  readonly #answered = new Condition();
  readonly #answers = new Map<number, Answer>();
  #rest = '';
  #sent = 0;
  #loads = 0;
  #session: string | undefined;

  private constructor() {
    this.#directory = mkdtempSync(join(tmpdir(), 'sluice-browser-'));
    const command = findCommand('chromium');
    if (command === undefined) throw new Error('no chromium');
    const options = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--remote-debugging-pipe',
      `--user-data-dir=${this.#directory}`,
      'about:blank',
    ];
    // In a group of its own: it has children, which end with it.
    this.#child = spawn(command, options, {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
      detached: true,
    });
    // The third and fourth of the pipes asked for above.
    this.#input = this.#child.stdio[3] as Writable;
    const output = this.#child.stdio[4] as Readable;
    this.#input.on('error', () => undefined);
    output.setEncoding('utf8');
    output.on('data', (text: string) => this.#read(text));
  }

  /** Starts it with one empty page. */
  static async start(): Promise<Browser> {
    const browser = new Browser();
    try {
      const { targetId } = await browser.#call('Target.createTarget', { url: 'about:blank' });
      const attached = await browser.#call('Target.attachToTarget', { targetId, flatten: true });
      browser.#session = String(attached['sessionId']);
      for (const domain of ['Page', 'Network', 'Runtime', 'Log']) await browser.#call(`${domain}.enable`, {});
      return browser;
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  #read(text: string): void {
    const messages = (this.#rest + text).split('\0');
    this.#rest = messages.pop() ?? '';
    for (const message of messages) this.#take(JSON.parse(message) as Answer);
    this.#answered.notify();
  }

  #take(answer: Answer): void {
    if (answer.id !== undefined) this.#answers.set(answer.id, answer);
    else if (answer.method === 'Page.loadEventFired') this.#loads++;
    else if (answer.method === 'Network.requestWillBeSent') {
      const request = answer.params?.['request'] as { readonly url: string };
      this.requests.push(request.url);
    } else if (answer.method === 'Runtime.exceptionThrown' || answer.method === 'Log.entryAdded') {
      this.errors.push(JSON.stringify(answer.params));
    }
  }

  async #call(method: string, params: object): Promise<Readonly<Record<string, unknown>>> {
    const id = ++this.#sent;
    const sessionId = this.#session;
    this.#input.write(`${JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) })}\0`);
    const answer = await this.#answered.until(() => this.#answers.get(id), method, DEADLINE_MS);
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result ?? {};
  }

  /** Loads a page, with all that belongs to it. */
  async open(url: string): Promise<void> {
    await this.#loading(() => this.#call('Page.navigate', { url }));
  }

  /** Runs an expression inside the page; its value must be plain data. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.#call('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    // The scenario knows what it has asked for.
    return (result as { readonly value: T }).value;
  }

  /** Clicks, with the mouse, what a selector finds first. */
  async click(selector: string): Promise<void> {
    const at = await this.#place(selector);
    for (const type of ['mousePressed', 'mouseReleased'])
      await this.#call('Input.dispatchMouseEvent', { type, ...at, button: 'left', clickCount: 1 });
  }

  /** Clicks something that leads to another page, and waits for that. */
  async follow(selector: string): Promise<void> {
    await this.#loading(() => this.click(selector));
  }

  /** Points at what a selector finds first. */
  async hover(selector: string): Promise<void> {
    await this.#call('Input.dispatchMouseEvent', { type: 'mouseMoved', ...(await this.#place(selector)) });
  }

  #place(selector: string): Promise<{ x: number; y: number }> {
    return this.evaluate(`(() => {
      const element = document.querySelector(${JSON.stringify(selector)});
      element.scrollIntoView({ block: 'center', inline: 'center' });
      const box = element.getBoundingClientRect();
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    })()`);
  }

  async #loading(start: () => Promise<unknown>): Promise<void> {
    const before = this.#loads;
    await start();
    await this.#answered.until(
      () => (this.#loads > before ? true : undefined),
      'the page to load',
      DEADLINE_MS,
    );
  }

  async close(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    if (pid !== undefined && exitCode === null && signalCode === null) {
      process.kill(-pid, 'SIGKILL');
      await within(gone, 'the browser to end');
    }
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }
}
