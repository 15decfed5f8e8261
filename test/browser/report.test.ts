import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checks } from '../../shared/checks/index.ts';
import { pickTold } from '../../shared/report/html/told.ts';
import { hostileName, result, toFinding } from '../report/findings.ts';
import { findViolations, openReport, useBrowser, writeReport } from './browser.ts';
import { attack, toFleet } from './fleet.ts';

const browser = useBrowser();
const small = toFleet(12);

/** Every severity and status, what is excepted and what is new, with names that attack. */
const mixed = {
  ...result,
  findings: [
    ...result.findings,
    ...(['critical', 'high', 'medium', 'low', 'info'] as const).map((severity) =>
      toFinding({
        severity,
        cluster: `of-${severity}`,
        check: 'key-decrypters-are-expected',
        baseline: 'new',
      }),
    ),
    toFinding({
      cluster: attack,
      subject: attack,
      title: attack,
      message: attack,
      evidence: { [attack]: attack, patch: `spec:\n  ${attack}` },
      remediation: { text: attack, url: 'javascript:document.title="taken"' },
      references: ['javascript:document.title="taken"'],
    }),
    toFinding({
      cluster: null,
      account: null,
      region: null,
      check: 'exceptions-are-in-date',
      severity: 'low',
    }),
  ],
};

// What is far off the screen is not laid out, and what is not laid out axe does not judge.
const openAll = `document.querySelectorAll('.cluster').forEach((item) => { item.style.contentVisibility = 'visible'; item.firstElementChild.open = true; })`;
const isOpened = `[...document.querySelectorAll('.cluster > details .body')].every((body) => body.childElementCount > 0)`;

describe('the report in a browser', () => {
  it.each(['light', 'dark'] as const)(
    'has nothing that axe minds, all clusters open, in %s',
    async (scheme) => {
      const files = [
        await writeReport('mixed', mixed),
        await writeReport('small', small.result, small.access.slice(0, 3)),
      ];
      for (const path of files) {
        const { page, complaints, requests } = await openReport(browser(), path, { scheme });
        await page.evaluate(openAll);
        await page.waitForFunction(isOpened);
        await page.evaluate(
          `document.querySelectorAll('details:not(.cluster > details)').forEach((details) => { details.open = true; })`,
        );
        expect(await findViolations(page)).toEqual([]);
        expect({ complaints, asked: requests.length }).toEqual({ complaints: [], asked: 1 });
      }
    },
  );

  it('runs nothing of what it shows, and shows it', async () => {
    const { page, complaints } = await openReport(browser(), await writeReport('hostile', mixed));
    await page.evaluate(openAll);
    await page.waitForFunction(isOpened);
    expect(await page.title()).toBe('Keyward report');
    expect(complaints).toEqual([]);
    expect(await page.evaluate(`document.querySelectorAll('img, main script, iframe').length`)).toBe(0);
    expect(await page.evaluate(`document.querySelectorAll('a[href^="javascript"]').length`)).toBe(0);
    const text = String(await page.evaluate('document.body.innerText'));
    expect(text).toContain(`<img src=x onerror="document.title='taken'">\\u202e`);
    expect(text).toContain('a\\u001b[31mred\\nnew');
    expect(text).not.toContain(hostileName);
  });

  it('refuses what its policy does not name', async () => {
    const { page, complaints } = await openReport(browser(), await writeReport('policy', mixed));
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { textContent: 'document.title = "taken"' }))`,
    );
    expect(await page.title()).toBe('Keyward report');
    expect(complaints.join('\n')).toContain('Content Security Policy');
  });

  it('leads a link to a finding, opens its cluster and moves the focus there', async () => {
    const failure = small.result.findings;
    const [wanted] = Array.isArray(failure) ? failure.filter(({ status }) => status === 'fail').slice(5) : [];
    const path = await writeReport('linked', small.result);
    const { page } = await openReport(browser(), path, { hash: `#${wanted?.id}` });
    await page.waitForFunction(`document.activeElement.id === ${JSON.stringify(wanted?.id)}`);
    expect(await page.evaluate(`document.activeElement.closest('details').open`)).toBe(true);
    expect(await page.evaluate(`document.activeElement.innerText`)).toContain(wanted?.message);
    const top = Number(await page.evaluate(`document.activeElement.getBoundingClientRect().top`));
    expect(top).toBeGreaterThanOrEqual(0);
    expect(top).toBeLessThan(900);
  });

  it('shows by search, status, severity and link what is asked for, on the map too, and says how many', async () => {
    const { page } = await openReport(browser(), await writeReport('filtered', mixed));
    const shown = () =>
      page.evaluate(
        `[document.querySelectorAll('.clusters > li:not([hidden])').length, document.querySelectorAll('.chips > li:not([hidden])').length, document.querySelector('[role=status]').textContent]`,
      );
    const all = await shown();
    await page.type('#search', 'LEDGER');
    await page.waitForFunction(
      `document.querySelector('[role=status]').textContent.startsWith('1 cluster,')`,
    );
    expect(await shown()).toEqual([1, 1, '1 cluster, 2 findings shown']);
    await page.select('#status', 'Unknown');
    expect(await shown()).toEqual([1, 1, '1 cluster, 1 finding shown']);
    await page.click('.filter button');
    expect(await shown()).toEqual(all);
    await page.select('#status', 'Open failures');
    await page.select('#severity', 'high or worse');
    expect(await shown()).toEqual([3, 3, '3 clusters, 3 findings shown']);
    await page.select('#link', 'Who may use the key');
    expect(await shown()).toEqual([2, 2, '2 clusters, 2 findings shown']);
    await page.click('.filter button');
    await page.select('#status', 'New failures');
    expect(await shown()).toEqual([5, 5, '5 clusters, 5 findings shown']);
  });

  it('is gone through by keyboard alone', async () => {
    const { page } = await openReport(browser(), await writeReport('keyboard', small.result));
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.className')).toBe('skip');
    await page.keyboard.press('Enter');
    await page.waitForFunction(`location.hash === '#clusters'`);
    for (const _ of ['search', 'status', 'severity', 'link', 'clear', 'cluster'])
      await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.tagName')).toBe('SUMMARY');
    await page.keyboard.press('Enter');
    await page.waitForFunction(`document.activeElement.parentElement.querySelector('.chain') !== null`);
  });

  it('prints failures and unknowns whole, what passed as a count, and says what is folded', async () => {
    const { page } = await openReport(browser(), await writeReport('printed', small.result, small.access));
    const isShown = (selector: string) =>
      page.evaluate(`[...document.querySelectorAll('${selector}')].some((one) => one.checkVisibility())`);
    expect(await isShown('.paper')).toBe(false);
    await page.emulateMediaType('print');
    await page.evaluate(`dispatchEvent(new Event('beforeprint'))`);
    expect(await page.evaluate(`document.querySelectorAll('.cluster > details:not([open])').length`)).toBe(0);
    expect(
      await page.evaluate(`document.querySelectorAll('.finding details:not([open], .screen)').length`),
    ).toBe(0);
    expect(await isShown('.unprinted, .filter')).toBe(false);
    for (const selector of ['pre.evidence', '.map', '.timeline', '.answer'])
      expect(await isShown(selector)).toBe(true);
    const text = String(await page.evaluate('document.body.innerText'));
    expect(text).toContain('What passed or does not apply is counted in the line of its cluster');
    expect(text).toContain(`${checks.length - 4} passed`);
    expect(text).toMatch(
      /2026-11-10 10:00 UTC to 2026-11-14 10:00 UTC\s+change\s+CreateGrant by ec2.amazonaws.com, 5 times/,
    );
    expect(text).not.toContain(' holds.');
    await page.emulateMediaType('screen');
    await page.evaluate(`dispatchEvent(new Event('afterprint'))`);
    expect(await page.evaluate(`document.querySelectorAll('.cluster > details[open]').length`)).toBe(0);
  });

  it.each([
    { scheme: 'light', width: 1280, critical: 'rgb(163, 18, 63)' },
    { scheme: 'dark', width: 390, critical: 'rgb(255, 143, 171)' },
  ] as const)(
    'draws on one axis of time what a day counts and what was open, in $scheme at $width px',
    async ({ scheme, width, critical }) => {
      const path = await writeReport('timeline', small.result, small.access.slice(0, 1));
      const { page, complaints } = await openReport(browser(), path, { scheme });
      await page.setViewport({ width, height: 900 });
      await page.evaluate(openAll);
      await page.waitForSelector('.timeline svg');
      const drawn = z
        .array(z.object({ title: z.string(), left: z.number(), right: z.number(), fill: z.string() }))
        .parse(
          await page.evaluate(
            `[...document.querySelectorAll('.timeline rect')].map((one) => ({ title: one.textContent, ...one.getBoundingClientRect().toJSON(), fill: getComputedStyle(one).fill }))`,
          ),
        );
      const find = (title: string) => {
        const found = drawn.filter((one) => one.title.startsWith(title));
        expect([title, found.length]).toEqual([title, 1]);
        return found[0] ?? { title, left: 0, right: 0, fill: '' };
      };
      const [seventh, eighth, last] = ['07: 106', '08: 107', '30: 129'].map((of) =>
        find(`2026-11-${of} expected`),
      );
      const minutes = find('2026-11-06 23:58 UTC to 2026-11-07 00:02 UTC: </script><script>');
      expect(minutes.left).toBeCloseTo(seventh?.left ?? 0, 0);
      expect(minutes.right - minutes.left).toBeGreaterThanOrEqual(3);
      expect(minutes.right - minutes.left).toBeLessThan(6);
      expect(minutes.fill).toBe(critical);
      const openStill = find('2026-11-28 06:00 UTC: a grant');
      expect(openStill.left).toBeCloseTo(
        find('2026-11-28: 127').left + ((eighth?.left ?? 0) - (seventh?.left ?? 0)) / 4,
        0,
      );
      expect(Math.abs(openStill.right - (last?.right ?? 0))).toBeLessThan(2);
      expect(find('2026-11-08: 3 unexpected')).toMatchObject({ left: eighth?.left, fill: critical });
      const used = find('2026-11-08 10:00 UTC: Decrypt 3 times');
      expect(used.left).toBeGreaterThan((eighth?.left ?? 0) + 5);
      expect(used.right).toBeLessThan(eighth?.right ?? 0);
      expect(await page.$eval('.timeline svg', (svg) => svg.getAttribute('aria-label'))).toContain(
        'expected 3435, unexpected 3, failed 0, changes 1, open 2',
      );
      expect(complaints).toEqual([]);
    },
  );

  it('draws a page of bounded size: counts in the strip and on the map, and what has no room said where it is missed', async () => {
    const told = await pickTold(small.result.findings, 6_000);
    const bounds = { told, mostBytes: 20_000, isLate: () => false };
    const path = await writeReport('bounded', small.result, small.access, { bounds, changes: [] });
    const { page, complaints } = await openReport(browser(), path);
    await page.evaluate(openAll);
    await page.waitForFunction(isOpened);
    const text = String(await page.evaluate('document.body.innerText'));
    expect(text).toContain(`of ${told.leftOut} clusters, the least affected`);
    expect(text).toContain('failures and unknowns, for which this page has no room: findings/100000000000');
    expect(text).toMatch(/the timeline are not told of \d+ clusters: this page had no more room or time/);
    expect(text).toContain('keyward who service-11 tells it');
    expect(await page.evaluate(`document.querySelectorAll('.chips .chip.high').length`)).toBe(12);
    await page.type('#search', 'service-11');
    await page.waitForFunction(
      `document.querySelector('[role=status]').textContent.includes('${told.leftOut} clusters with counts alone not searched')`,
    );
    expect(await findViolations(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('draws a thousand clusters within two seconds, from at most 15 MB', async () => {
    const fleet = toFleet(1000);
    const path = await writeReport('thousand', fleet.result, fleet.access);
    expect(statSync(path).size).toBeLessThan(15e6);
    const { page, complaints } = await openReport(browser(), path);
    expect(complaints).toEqual([]);
    expect(await page.evaluate(`document.querySelectorAll('.clusters > li').length`)).toBe(1000);
    const painted = Number(
      await page.evaluate(`performance.getEntriesByName('first-contentful-paint')[0].startTime`),
    );
    const loaded = Number(await page.evaluate(`performance.getEntriesByType('navigation')[0].loadEventEnd`));
    process.stdout.write(
      `1,000 clusters: ${(statSync(path).size / 1e6).toFixed(1)} MB, first paint ${painted.toFixed(0)} ms, loaded ${loaded.toFixed(0)} ms\n`,
    );
    expect(painted).toBeLessThan(2000);
  });
});
