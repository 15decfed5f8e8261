// Kleene's three-valued logic: what is not known stays unknown until something known decides it.
// An unknown that answered "false" would turn into a "yes" the moment somebody negates it.

export type Truth = boolean | 'unknown';

export function and(truths: Iterable<Truth>): Truth {
  let result: Truth = true;
  for (const truth of truths) {
    if (truth === false) {
      return false;
    }
    if (truth === 'unknown') {
      result = 'unknown';
    }
  }
  return result;
}

export function or(truths: Iterable<Truth>): Truth {
  let result: Truth = false;
  for (const truth of truths) {
    if (truth === true) {
      return true;
    }
    if (truth === 'unknown') {
      result = 'unknown';
    }
  }
  return result;
}

export function not(truth: Truth): Truth {
  return truth === 'unknown' ? truth : !truth;
}
