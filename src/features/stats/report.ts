/**
 * The statistics in each of their forms, piece by piece: whoever sends them takes the next piece when there is room for
 * it, so that no more than one line is held at a time however many servers there are.
 * Specification: configuration manual 4.2 `stats scope`; management manual 9.1 and 9.2.
 */
import type { ProxyConfig } from '../../config/model.ts';
import { SERVER_MAINT, SERVER_NO_ADDRESS } from '../../state/shared-state.ts';
import { CSV_HEADER, csvLine } from './csv.ts';
import type { Row } from './fields.ts';
import { JSON_END, JSON_SCHEMA, JSON_START, jsonObjects } from './json.ts';
import { PAGE_END, type PageFacts, pageStart } from './page.ts';
import { RowReader, type StatsSource } from './rows.ts';
import { isDown, statusClass } from './server-status.ts';
import type { StatsRequest } from './stats-request.ts';
import {
  backendLine,
  frontendLine,
  listenerLine,
  serverLine,
  type TableOptions,
  tableEnd,
  tableStart,
} from './table.ts';
import { typedLines } from './typed.ts';

export interface ReportOptions {
  /** Names of proxies; empty: all. */
  readonly scope: readonly string[];
  readonly table: TableOptions;
}

export class Report {
  private readonly source: StatsSource;
  private readonly options: ReportOptions;
  private readonly request: StatsRequest;
  private readonly rows: RowReader;

  constructor(source: StatsSource, options: ReportOptions, request: StatsRequest) {
    this.source = source;
    this.options = options;
    this.request = request;
    this.rows = new RowReader(source, options.table.legends);
  }

  /** `facts` are asked for only if there is a page to show them. */
  parts(facts: () => PageFacts): Iterable<string> {
    switch (this.request.format) {
      case 'html':
        return this.page(facts());
      case 'csv':
        return this.lines(CSV_HEADER, csvLine);
      case 'typed':
        return this.lines('', typedLines);
      case 'json':
        return this.json();
      case 'json-schema':
        return [JSON_SCHEMA];
    }
  }

  /** Indices of the proxies to show. */
  private *proxies(): Generator<readonly [index: number, proxy: ProxyConfig]> {
    const { scope } = this.options;
    const part = this.request.scope.toLowerCase();
    for (const entry of this.source.configuration.proxies.entries()) {
      const { name, disabled } = entry[1];
      if (disabled || (scope.length > 0 && !scope.includes(name))) continue;
      if (name.toLowerCase().includes(part)) yield entry;
    }
  }

  private *listeners(index: number, proxy: ProxyConfig): Generator<Row> {
    if (proxy.options.get('socket-stats') !== true) return;
    for (const listener of this.source.listeners)
      if (listener.proxy === index) yield this.rows.listener(listener);
  }

  private *servers(index: number, proxy: ProxyConfig): Generator<number> {
    const { onlyUp, noMaintenance } = this.request;
    for (let position = 0; position < proxy.servers.length; position++) {
      const health = this.rows.health(index, position);
      const maintained = (health.state & (SERVER_MAINT | SERVER_NO_ADDRESS)) !== 0;
      if ((onlyUp && isDown(health)) || (noMaintenance && maintained)) continue;
      yield position;
    }
  }

  private *all(): Generator<Row> {
    for (const [index, proxy] of this.proxies()) {
      if (proxy.kind !== 'backend') {
        yield this.rows.frontend(index);
        yield* this.listeners(index, proxy);
      }
      if (proxy.kind === 'frontend') continue;
      for (const position of this.servers(index, proxy)) yield this.rows.server(index, position);
      yield this.rows.backend(index);
    }
  }

  private *lines(header: string, write: (row: Row) => string): Generator<string> {
    if (header !== '') yield header;
    for (const row of this.all()) yield write(row);
  }

  private *json(): Generator<string> {
    let before = JSON_START;
    for (const row of this.all()) {
      yield before + jsonObjects(row);
      before = ',';
    }
    yield before === JSON_START ? JSON_START + JSON_END : JSON_END;
  }

  private *page(facts: PageFacts): Generator<string> {
    yield pageStart(facts, this.request);
    for (const [index, proxy] of this.proxies()) {
      // Servers alone can be acted upon.
      const options = { ...this.options.table, admin: this.options.table.admin && proxy.servers.length > 0 };
      yield tableStart(
        { name: proxy.name, description: proxy.description, legend: proxyLegend(proxy) },
        options,
      );
      if (proxy.kind !== 'backend') {
        yield frontendLine(this.rows.frontend(index), options);
        for (const row of this.listeners(index, proxy)) yield listenerLine(row, options);
      }
      if (proxy.kind !== 'frontend') {
        for (const position of this.servers(index, proxy)) {
          const row = this.rows.server(index, position);
          yield serverLine(row, statusClass(this.rows.health(index, position), row), options);
        }
        yield backendLine(this.rows.backend(index), options);
      }
      yield tableEnd(proxy.id ?? 0, options);
    }
    yield PAGE_END;
  }
}

function proxyLegend({ kind, mode, id }: ProxyConfig): string {
  return `cap: ${kind === 'listen' ? 'proxy' : kind}, mode: ${mode}, id: ${id}`;
}
