import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { toHowTo, toPatch } from '../../../shared/checks/kubernetes/patch.ts';
import { workload } from '../../../shared/evidence/kubernetes/workload.ts';
import { toWorkload } from './cases.ts';

const ofKind = (kind: string, namespace = 'shop') => workload.parse(toWorkload({}, {}, { kind, namespace }));
const pod = { securityContext: { fsGroup: 7 } };
const underTemplate = { spec: { template: { spec: pod } } };

describe('a patch', () => {
  it.each<[string, object]>([
    ['Deployment', underTemplate],
    ['StatefulSet', underTemplate],
    ['DaemonSet', underTemplate],
    ['ReplicaSet', underTemplate],
    ['ReplicationController', underTemplate],
    ['Job', underTemplate],
    ['CronJob', { spec: { jobTemplate: { spec: { template: { spec: pod } } } } }],
    ['Pod', { spec: pod }],
    ['Rollout', underTemplate],
    ['constructor', underTemplate],
  ])('of a %s stands where that kind keeps its pod', (kind, patch) => {
    expect(parse(toPatch(ofKind(kind), pod))).toEqual(patch);
  });

  it('writes modes as every reader understands them, and explains them', () => {
    const volumes = [
      { name: 'a', secret: { defaultMode: 0o440, items: [{ key: 'mode', path: 'b', mode: 0o400 }] } },
    ];
    const text = toPatch(ofKind('Pod'), { ...pod, volumes });
    expect(text).toContain('defaultMode: 288 # 0440\n');
    expect(text).toContain('mode: 256 # 0400\n');
    expect(text.match(/#/g)).toHaveLength(2);
    expect(parse(text)).toEqual({ spec: { ...pod, volumes } });
  });

  it('quotes names that YAML would read as something else, and breaks no line', () => {
    const name = `yes: ${'long '.repeat(40)}#`;
    const text = toPatch(ofKind('Pod'), { containers: [{ name }, { name: '0123' }, { name: 'true' }] });
    expect(parse(text)).toEqual({ spec: { containers: [{ name }, { name: '0123' }, { name: 'true' }] } });
    expect(text.split('\n')).toHaveLength(6);
  });

  it.each([
    [
      'Deployment',
      'shop',
      'save it as patch.yaml and run kubectl patch deployment api --namespace shop --patch-file patch.yaml.',
    ],
    ['CronJob', 'shop', 'run kubectl patch cronjob api --namespace shop --patch-file'],
    ['StatefulSet', '', 'run kubectl patch statefulset api --patch-file'],
    [
      'Job',
      'shop',
      'The pod of job/shop/api cannot be changed: make this edit in its manifest, and create it anew.',
    ],
    ['Pod', 'shop', 'The pod of pod/shop/api cannot be changed'],
    [
      'Rollout',
      'shop',
      'Make this edit in the pod template of rollout/shop/api, where its manifest is kept.',
    ],
  ])('of a %s in "%s" is applied as that kind allows', (kind, namespace, words) => {
    expect(toHowTo(ofKind(kind, namespace))).toContain(words);
  });
});
