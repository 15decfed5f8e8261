/** Every service that the sandbox speaks. A new one is a file here and a line below. */
import type { Service } from '../service.ts';
import { accessAnalyzer } from './access-analyzer.ts';
import { account } from './account.ts';
import { backup } from './backup.ts';
import { cloudtrail } from './cloudtrail.ts';
import { cloudwatchLogs } from './cloudwatch-logs.ts';
import { eks } from './eks.ts';
import { iam } from './iam.ts';
import { kms } from './kms.ts';
import { organizations } from './organizations.ts';
import { s3 } from './s3.ts';
import { securityHub } from './security-hub.ts';
import { sns } from './sns.ts';
import { ssm } from './ssm.ts';
import { states } from './states.ts';
import { sts } from './sts.ts';

export const services: Service[] = [
  accessAnalyzer,
  account,
  backup,
  cloudtrail,
  cloudwatchLogs,
  eks,
  iam,
  kms,
  organizations,
  s3,
  securityHub,
  sns,
  ssm,
  states,
  sts,
];
