/** A refusal in AWS's own words. The HTTP status comes from the SDK's schema of that error, else from `status`. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number | undefined;

  constructor(code: string, message: string, status?: number) {
    super(message);
    this.name = 'AwsError';
    this.code = code;
    this.status = status;
  }
}
