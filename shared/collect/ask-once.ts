import { type Fact, isKnown, type Unknown } from '../evidence/fact.ts';

/**
 * Takes a call about a subject; gives one that asks once for each, whoever wants to know. Where the caller is refused
 * before anything was ever answered, he may not ask at all: the refusal then answers for every subject to come.
 */
export const askOnce = <T>(
  ask: (subject: string) => Promise<Fact<T>>,
): ((subject: string) => Promise<Fact<T>>) => {
  const asked = new Map<string, Promise<Fact<T>>>();
  let refusal: Unknown | undefined;
  let wasAnswered = false;
  const askNow = async (subject: string): Promise<Fact<T>> => {
    if (refusal) return refusal;
    const fact = await ask(subject);
    if (isKnown(fact)) wasAnswered = true;
    else if (!wasAnswered && isRefusal(fact)) refusal = fact;
    return fact;
  };
  return (subject) => {
    const known = asked.get(subject) ?? askNow(subject);
    asked.set(subject, known);
    return known;
  };
};

const isRefusal = ({ unknown }: Unknown): boolean =>
  unknown === 'access-denied' || unknown === 'denied-by-organization';
