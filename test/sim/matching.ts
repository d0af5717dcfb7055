/** A pattern that remembers its answers: names of calls are few, and each is asked about at every call of a story. */
export function matching(pattern: RegExp): (name: string) => boolean {
  const known = new Map<string, boolean>();
  return (name) => {
    const answer = known.get(name) ?? pattern.test(name);
    known.set(name, answer);
    return answer;
  };
}
