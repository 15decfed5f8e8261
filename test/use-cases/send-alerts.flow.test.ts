import { describe, expect, it } from 'vitest';
import type { SandboxKey } from '../../sandbox/fleets/fleet.ts';
import { type Scenario, sealed } from '../../sandbox/fleets/scenario.ts';
import { foreignKey, site, toFleet, workload } from './fleets.ts';
import { openService, topicArn } from './service.ts';

/** Clusters that hang on one key. */
const sharing = (own: SandboxKey, ...names: string[]): Scenario[] =>
  names.map((name, index) => ({
    ...sealed(site, name, { cluster: { keyArn: own.metadata.Arn } }),
    keys: index === 0 ? [own] : [],
  }));

const disable = (own: SandboxKey) => {
  own.metadata.KeyState = 'Disabled';
};
const subjects = (messages: readonly { Subject?: string }[]) => messages.map(({ Subject }) => Subject);
const isCritical = ({ MessageAttributes }: { MessageAttributes?: object }) =>
  JSON.stringify(MessageAttributes).includes('"critical"');

describe('The alerts of a run', () => {
  it('are one message for each new critical over its clusters, then one digest', async () => {
    const own = foreignKey(workload, 'shared');
    const service = await openService(toFleet(sharing(own, 'a', 'b')));
    await service.runNight();
    service.readMessages();
    disable(own);
    await service.runNight();
    const messages = service.readMessages();
    expect(subjects(messages)[0]).toBe('Keyward: critical: key-is-usable on a and 1 more');
    expect(messages).toHaveLength(2);
    expect(messages[0]).toMatchObject({
      TopicArn: topicArn,
      MessageAttributes: {
        severity: { DataType: 'String', StringValue: 'critical' },
        check: { DataType: 'String', StringValue: 'key-is-usable' },
      },
    });
    expect(messages[1]).toMatchObject({
      MessageAttributes: {
        type: { DataType: 'String', StringValue: 'digest' },
        accounts: { DataType: 'String.Array', StringValue: JSON.stringify([workload]) },
      },
    });
    await service.runNight();
    expect(subjects(service.readMessages())).toEqual(['Keyward: nothing changed']);
  });

  it('go on where they stopped when the topic failed, and tell nothing twice', async () => {
    const [one, other] = [foreignKey(workload, 'a'), foreignKey(workload, 'b')];
    const service = await openService(toFleet([...sharing(one, 'a'), ...sharing(other, 'b')]));
    disable(one);
    disable(other);
    const night = await service.scanNight();
    await night.publish();
    service.sandbox.setFaults([{ kind: 'server-error', service: 'sns', every: 2 }]);
    await expect(night.alert()).rejects.toThrow();
    await expect(night.alert()).rejects.toThrow();
    await night.alert();
    await night.alert();
    const messages = service.readMessages();
    expect(messages.filter(isCritical).length).toBe(2);
    expect(new Set(subjects(messages)).size).toBe(messages.length);
    expect(subjects(messages).at(-1)).toMatch(/^Keyward: \d+ new$/);
    expect(messages).toHaveLength(3);
  });

  it('say nothing where a run that nobody waits for changed nothing', async () => {
    const service = await openService(toFleet(sharing(foreignKey(workload, 'a'), 'a')));
    const night = await service.scanNight();
    await night.publish();
    await night.alert({ isDigestCertain: false });
    expect(service.readMessages()).toEqual([]);
  });

  it('come from the next run where theirs died before it told them', async () => {
    const own = foreignKey(workload, 'a');
    disable(own);
    const service = await openService(toFleet(sharing(own, 'a')));
    await (await service.scanNight()).publish();
    await service.runNight();
    expect(subjects(service.readMessages())[0]).toBe('Keyward: critical: key-is-usable on a');
  });

  it('are left to the run that claimed them, until it must be dead', async () => {
    const own = foreignKey(workload, 'a');
    disable(own);
    const service = await openService(toFleet(sharing(own, 'a')));
    await (await service.scanNight()).publish();
    const name = `state/${workload}/eu-central-1`;
    const claim = async (at: string) => {
      const state = JSON.parse((await service.store.get(name))?.body ?? '');
      for (const alert of state.alerts) alert.claim = { run: 'another', at };
      await service.store.put(name, JSON.stringify(state));
    };
    await claim(new Date().toISOString());
    await service.runNight();
    expect(subjects(service.readMessages())).toEqual(['Keyward: nothing changed']);
    await claim(new Date(Date.now() - 25 * 3_600_000).toISOString());
    await service.runNight();
    expect(subjects(service.readMessages())[0]).toBe('Keyward: critical: key-is-usable on a');
  });

  it('can be read by AWS Chatbot', async () => {
    const service = await openService(toFleet(sharing(foreignKey(workload, 'a'), 'a')));
    const night = await service.scanNight();
    await night.publish();
    await night.alert({ isChatbot: true });
    expect(JSON.parse(service.readMessages()[0]?.Message ?? '')).toMatchObject({ source: 'custom' });
  });

  it('leave out what is under an exception, and tell when it ends', async () => {
    const own = foreignKey(workload, 'a');
    own.rotation.KeyRotationEnabled = false;
    const service = await openService(toFleet(sharing(own, 'a')));
    const until = (expires: string) => ({
      settings: { exceptions: [{ check: 'key-rotates', reason: 'known', owner: 'platform', expires }] },
    });
    await service.runNight(until('2099-01-01'));
    expect(subjects(service.readMessages())).toEqual(['Keyward: nothing changed']);
    await service.runNight(until('2020-01-01'));
    expect(subjects(service.readMessages())).toEqual(['Keyward: 1 exception ended']);
  });
});
