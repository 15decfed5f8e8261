/** zod brings its messages in fifty languages, a third of every bundle; ours are English. */
const englishOnly = {
  name: 'english-only',
  setup: (build) => {
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

module.exports = [englishOnly];
