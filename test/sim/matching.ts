/** Caches the results: there are few names of calls, and each is matched at every call. */
export function rememberedByName<Answer>(answerTo: (name: string) => Answer): (name: string) => Answer {
  const known = new Map<string, Answer>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const answer = answerTo(name);
    known.set(name, answer);
    return answer;
  };
}

export const matching = (pattern: RegExp) => rememberedByName((name) => pattern.test(name));
