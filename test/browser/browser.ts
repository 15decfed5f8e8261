/** Chromium, as Debian packages it, and pages that it opens from disk. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { type Browser, launch, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { catalogue } from '../../cli/check-ids.ts';
import { type HtmlOptions, toHtml } from '../../shared/report/html/html.ts';
import type { Result } from '../../shared/report/result.ts';
import type { ClusterAccess } from '../../shared/who/cluster-access.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyward-browser-'));

/** Starts one browser for a file's tests; gives it. */
export const useBrowser = (): (() => Browser) => {
  let browser: Browser | undefined;
  beforeAll(async () => {
    // Chromium's own sandbox needs namespaces that a container may lack; it opens nothing but our own files.
    browser = await launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return () => {
    if (!browser) throw new Error('the browser has not started');
    return browser;
  };
};

async function* toStream(
  access: readonly ClusterAccess[],
): HtmlOptions['access'] & AsyncIterable<ClusterAccess> {
  yield* access;
}

/** Writes a run's report; gives its path. */
export const writeReport = async (
  name: string,
  result: Result,
  access?: readonly ClusterAccess[],
  options: Omit<HtmlOptions, 'rules' | 'access'> = {},
): Promise<string> => {
  const path = join(folder, `${name}.html`);
  const pieces = toHtml(result, { rules: catalogue, access: access && toStream(access), ...options });
  writeFileSync(path, (await Array.fromAsync(pieces)).join(''));
  return path;
};

export interface Opened {
  page: Page;
  /** Whatever the page complained about, its own policy's refusals included. */
  complaints: string[];
  /** What it asked for beside itself. */
  requests: string[];
}

/** Opens a report at a place of it, in a scheme. */
export const openReport = async (
  browser: Browser,
  path: string,
  { hash = '', scheme = 'light' }: { hash?: string; scheme?: 'light' | 'dark' } = {},
): Promise<Opened> => {
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  const opened: Opened = { page, complaints: [], requests: [] };
  page.on('pageerror', (error) => opened.complaints.push(String(error)));
  page.on('console', (message) => opened.complaints.push(message.text()));
  page.on('request', (request) => opened.requests.push(request.url()));
  await page.setViewport({ width: 1280, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.goto(`${pathToFileURL(path)}${hash}`);
  return opened;
};

/** What axe finds wrong with all that is drawn now, as lines. */
export const findViolations = async (page: Page): Promise<string[]> => {
  // The page's policy binds its own scripts; what the debugger evaluates is not among them.
  await page.evaluate(axe.source);
  const found: unknown = await page.evaluate(
    `axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map(({ html, failureSummary }) => id + ': ' + html.slice(0, 200) + ' ' + failureSummary)))`,
  );
  return Array.isArray(found) ? found.map(String) : [String(found)];
};
