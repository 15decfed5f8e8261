/** Gives what a promise gives, unless the signal comes first: then it throws its reason, whatever still goes on. */
export const untilAborted = async <T>(signal: AbortSignal, work: Promise<T>): Promise<T> => {
  const { promise: interruption, reject } = Promise.withResolvers<never>();
  const interrupt = () => reject(signal.reason);
  if (signal.aborted) interrupt();
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    return await Promise.race([interruption, work]);
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
};
