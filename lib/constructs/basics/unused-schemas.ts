/**
 * Lets the bundler leave out schemas of the AWS SDK that no call of ours needs: half of a bundle that calls EC2. Each schema is a
 * list at the top of its module, `var X = [3, n0, …, { [_name]: "…" }]`, and esbuild keeps them all, because a computed key
 * might run code. These are strings, so each list may be marked as free of effects. What is not recognized is kept.
 */
const schema = /^(var [\w$]+ = )(\[\n {2}-?\d+,\n {2}n\d+,\n[\s\S]*?\n\]);$/gm;

/** @param bundle as esbuild writes it where it does not minify */
export const withSchemasMarked = (bundle: string): string =>
  bundle.replace(schema, (_, head: string, list: string) => `${head}/* @__PURE__ */ (() => ${list})();`);
