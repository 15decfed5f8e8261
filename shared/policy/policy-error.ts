/** Thrown when a policy's text cannot be understood. Its message never holds the policy's text. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}
