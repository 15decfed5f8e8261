import type { Context } from 'aws-lambda';

/** What AWS tells a function of its invocation, with so much of its time left. */
export const toContext = (remainingMilliseconds: number): Context => ({
  awsRequestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
  callbackWaitsForEmptyEventLoop: true,
  functionName: 'keyward-prod-tested',
  functionVersion: '$LATEST',
  getRemainingTimeInMillis: () => remainingMilliseconds,
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:keyward-prod-tested',
  logGroupName: '/aws/lambda/keyward-prod-tested',
  logStreamName: '2026/11/24/[$LATEST]0123456789abcdef',
  memoryLimitInMB: '1024',
  done: () => {},
  fail: () => {},
  succeed: () => {},
});
