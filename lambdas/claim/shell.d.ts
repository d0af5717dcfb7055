/** The bundler imports a shell script as its text. */
declare module '*.sh' {
  const script: string;

  // biome-ignore lint/style/noDefaultExport: esbuild's text loader exports nothing else.
  export default script;
}
