/** The steps that give a cluster a key of its owner's: eksctl's, the AWS CLI's and the console's. */
import type { ClusterIdentity } from '../checks/check.ts';
import { type Cluster, isEncryptedByDefault } from '../evidence/cluster.ts';
import type { Step } from './document.ts';
import { grantStatement } from './key-policy.ts';
import { newKey, toClusterPage, toEksCommand, toShellWord } from './place.ts';

type EnablingStep = Omit<Step, 'severity' | 'check'>;

const toStep = (step: EnablingStep): Step => ({ ...step, severity: null, check: null });

/** Making the key, with the plan's policy from its first moment. */
export const toNewKeyStep = (cluster: ClusterIdentity, askAgain: string): Step => {
  const { name, region, account } = cluster;
  const at = `--region ${toShellWord(region)}`;
  return toStep({
    title: 'Make a key for this cluster alone',
    why: 'A key that several clusters share ties them together: whoever opens or loses it, opens or loses them all.',
    fix: `Then ask again with it (${askAgain} --key ${newKey}): the answers about the key are then about the real one.`,
    ways: {
      eksctl: [],
      cli: [
        `${askAgain} --format json | jq .policy.document > key-policy.json`,
        `aws kms create-key ${at} --description ${toShellWord(`Secrets of EKS cluster ${name}`)} --policy file://key-policy.json --query KeyMetadata.Arn --output text`,
        `aws kms create-alias ${at} --alias-name ${toShellWord(`alias/eks/${name}`)} --target-key-id ${newKey}`,
        `aws kms enable-key-rotation ${at} --key-id ${newKey}`,
      ],
      console: [
        `KMS in ${region}, account ${account} > Customer managed keys > Create key > Symmetric > Encrypt and decrypt > KMS > Single-Region key`,
        'Key policy > Edit: put the policy of this plan',
        'Then on the key’s page: Key rotation > Edit > Enable',
      ],
    },
  });
};

const rewriting =
  'kubectl get secrets --all-namespaces -o json | kubectl annotate --overwrite -f - kms-encryption-timestamp="$(date -u +%FT%TZ)"';

// The grant's shape is what real keys show; AWS documents none.
const ifRefused = `If EKS says that it may not create the grant, take the Condition of statement ${grantStatement} out and try again: AWS does not document what its grant looks like.`;

/** Giving the cluster the key, once all before it is done: this is what cannot be undone. */
export const toEnablingSteps = (
  cluster: ClusterIdentity,
  { version = '' }: Cluster,
  keyArn: string | null,
  askAgain: string,
): Step[] => {
  const key = keyArn === null ? newKey : toShellWord(keyArn);
  const isDefault = isEncryptedByDefault(version);
  const config = JSON.stringify([{ resources: ['secrets'], provider: { keyArn: keyArn ?? newKey } }]);
  const at = `--cluster ${toShellWord(cluster.name)} --key-arn ${key} --region ${toShellWord(cluster.region)}`;
  const rewrites = isDefault !== true;
  return [
    toStep({
      title: 'Give the cluster the key: this cannot be undone',
      why: 'EKS makes its grant on the key and from then on seals with it. There is no call that takes the key back or puts another in its place.',
      fix: rewrites
        ? `${ifRefused} eksctl rewrites every Secret afterwards by itself.`
        : `${ifRefused} From Kubernetes 1.28 on AWS documents no rewriting of Secrets by hand.`,
      ways: {
        eksctl: [
          `eksctl utils enable-secrets-encryption ${at}${rewrites ? '' : ' --encrypt-existing-secrets=false'}`,
        ],
        cli: [
          `${toEksCommand('associate-encryption-config', cluster, '--cluster-name')} --encryption-config ${toShellWord(config)} --query update.id --output text`,
        ],
        console: [toClusterPage(cluster, 'Overview', 'Secrets encryption', 'Enable')],
      },
    }),
    toStep({
      title: 'Wait until EKS is done',
      why: 'The update takes a while, and what counts is that it ends as Successful.',
      fix: null,
      ways: {
        eksctl: [],
        cli: [
          `${toEksCommand('describe-update', cluster)} --update-id UPDATE-ID --query update.status`,
          toEksCommand('wait cluster-active', cluster),
        ],
        console: [toClusterPage(cluster, 'Update history')],
      },
    }),
    ...(rewrites
      ? [
          toStep({
            title:
              isDefault === undefined
                ? 'Below Kubernetes 1.28: rewrite every Secret'
                : 'Rewrite every Secret, unless eksctl did',
            why: 'Below 1.28 a Secret stays as it was stored until it is written again: not envelope-encrypted, for whoever reads etcd or a copy of it.',
            fix: 'Every value passes through the shell that runs this: do it from a trusted machine, and keep no output.',
            ways: { eksctl: [`eksctl utils enable-secrets-encryption ${at}`], cli: [rewriting], console: [] },
          }),
        ]
      : []),
    toStep({
      title: `Take statement ${grantStatement} out of the key policy again`,
      why: 'EKS needs its grant made once. Whoever may go on making grants can give themselves decryption.',
      fix: `Ask again (${askAgain}): of a cluster that has its key, the policy of the plan holds no such statement.`,
      ways: { eksctl: [], cli: [], console: [] },
    }),
  ];
};

/** A cluster with an AWS managed key keeps it: only another cluster can be sealed with a key of one's own. */
export const toNewClusterStep = (cluster: ClusterIdentity): Step =>
  toStep({
    title: 'Make a new cluster with a customer managed key, and move to it',
    why: 'The cluster names a key that AWS manages, and the key of a cluster can never be changed.',
    fix: 'Give the new cluster its key at creation, move workloads and Secrets, then delete the old one.',
    ways: {
      eksctl: [
        `secretsEncryption: { keyARN: ${newKey} }  in its ClusterConfig, then eksctl create cluster -f FILE`,
      ],
      cli: [
        `aws eks create-cluster --region ${toShellWord(cluster.region)} … --encryption-config ${toShellWord(JSON.stringify([{ resources: ['secrets'], provider: { keyArn: newKey } }]))}`,
      ],
      console: [
        `EKS in ${cluster.region}, account ${cluster.account} > Clusters > Create cluster > Secrets encryption`,
      ],
    },
  });
